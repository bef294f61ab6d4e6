/// The simulated service: what it accepts, what is wrong with it, and what it answers. No I/O: the time comes
/// with every request, the randomness from the seed.
struct Simulator: Sendable {
  var credentials: ClientCredentials
  /// Of new tokens, in seconds.
  var lifetime: Int
  var faults = Faults()
  var log = RequestLog()
  var statistics = Statistics()
  var mint = TokenMint()
  var tokens = IssuedTokens()
  var random: SeededRandom

  init(credentials: ClientCredentials, lifetime: Int, seed: UInt64) {
    self.credentials = credentials
    self.lifetime = lifetime
    random = SeededRandom(seed: seed)
  }

  mutating func handle(_ request: Request, at now: Moment) -> Plan {
    do throws(Refusal) {
      let route = try Route.find(request)
      if route == .authenticate { return authenticate(request, at: now) }
      guard request.body.count <= Request.bodyLimit else { throw .bodyTooLong }
      let answer = route == .assets ? try assets(request, at: now) : try control(route, request)
      return Plan(act: .send(answer, bytesPerSecond: nil))
    } catch {
      return Plan(act: .send(error.answer, bytesPerSecond: nil))
    }
  }

  /// An authenticate request is no longer in flight.
  ///
  /// - Parameter status: as answered; `nil` where no whole answer was sent.
  mutating func finish(_ exchange: Int, status: Int?) {
    log.finish(exchange, status: status)
  }

  private mutating func assets(_ request: Request, at now: Moment) throws(Refusal) -> Answer {
    let header = request.headers["authorization"] ?? ""
    guard header.hasPrefix("JWT "), tokens.accepts(String(header.dropFirst(4)), at: now.monotonic) else {
      statistics.dataRefused += 1
      let challenge = Answer.Header(name: "WWW-Authenticate", value: "JWT")
      throw Refusal(401, "the token is missing, unknown, expired or revoked", headers: [challenge])
    }
    statistics.dataOK += 1
    guard request.method == "GET" else { return try .received(request) }
    return try .json(Asset.samples)
  }
}

extension Answer {
  /// To a write: what came, so that a client can tell whether it sent what it meant to.
  fileprivate static func received(_ request: Request) throws(Refusal) -> Answer {
    var answer = try Answer.json(["received": String(decoding: request.body, as: UTF8.self)])
    answer.status = 201
    return answer
  }
}

extension Refusal {
  static let bodyTooLong = Refusal(413, "the body is longer than \(Request.bodyLimit) bytes")
}
