import DaemonCore
import TokenCore

/// The services that profiles authenticate with.
extension World {
  func send(_ number: ExchangeNumber, _ order: ExchangeOrder) {
    checker.requestSent(number, order, self)
    statistics.count("request")
    process?.exchanges[number] = Exchange(order: order, sentAt: now)
    let service = services[serviceIndex(order)]
    var delay = service.isSlow ? random.seconds(1, 18) : random.seconds(0.01, 0.5)
    switch service.answering {
    case .silent: delay = order.settings.timeout
    default: break
    }
    if service.loses {
      // Some come when nobody waits any more.
      if random.chance(0.5) {
        events.add(now + random.seconds(5, 90), .answer(process: process?.number ?? 0, number))
      }
      return
    }
    events.add(now + delay, .answer(process: process?.number ?? 0, number))
    if service.doubles {
      events.add(now + delay + random.seconds(0, 30), .answer(process: process?.number ?? 0, number))
    }
  }

  func serviceIndex(_ order: ExchangeOrder) -> Int { Settings.index(of: order.profile) % Self.services }

  func answer(_ process: Int, _ number: ExchangeNumber) {
    guard self.process?.number == process else { return }
    guard let exchange = self.process?.exchanges.removeValue(forKey: number) else {
      // A second answer, or one to a request that was given up.
      statistics.count("late answer")
      return give(
        .exchangeEnded(
          number, .success(TokenGrant(token: Secret("late \(number.value)"), lifetime: .seconds(9_999)))))
    }
    let result = outcome(exchange)
    checker.requestEnded(number, exchange.order.profile, result, self)
    give(.exchangeEnded(number, result))
    checker.exchangeAnswered(exchange.order.profile, self)
  }

  private func outcome(_ exchange: Exchange) -> Result<TokenGrant, ExchangeFailure> {
    let index = serviceIndex(exchange.order)
    let host = exchange.order.settings.baseURL
    switch services[index].answering {
    case .silent: return .failure(.timedOut(host: host, after: exchange.order.settings.timeout))
    case .unreachable: return .failure(.network(host: host, reason: "Connection refused"))
    case .status(let code): return .failure(.status(code, retryAfter: nil))
    case .throttles(let wait): return .failure(.status(429, retryAfter: .seconds(wait)))
    case .gatewayPage: return .failure(.gatewayPage(403))
    case .nonsense: return .failure(.unusableAnswer(.noToken(lookedAt: ["/token"])))
    case .well, .repeats: return judge(exchange, index)
    }
  }

  private func judge(_ exchange: Exchange, _ index: Int) -> Result<TokenGrant, ExchangeFailure> {
    let order = exchange.order
    guard order.credentials.clientSecret.text == services[index].secrets[order.profile] else {
      return .failure(.status(401, retryAfter: nil))
    }
    if services[index].answering == .repeats, let last = services[index].last[order.profile] {
      let left = last.endsAt - exchange.sentAt
      if left > .zero { return .success(TokenGrant(token: Secret(last.token), lifetime: left)) }
    }
    tokenCount += 1
    let token = "token-\(tokenCount)"
    let lifetime = plan.lifetime * Double.random(in: 0.8...1, using: &random)
    let endsAt = exchange.sentAt + lifetime
    services[index].last[order.profile] = (token, endsAt)
    checker.issued(
      token, Issued(profile: order.profile, length: token.utf8.count, endsAt: endsAt))
    return .success(TokenGrant(token: Secret(token), lifetime: lifetime))
  }

  func review(_ index: Int) {
    let isWell = services[index].answering == .well && !services[index].loses
    services[index].wellSince = isWell ? services[index].wellSince ?? now : nil
  }
}
