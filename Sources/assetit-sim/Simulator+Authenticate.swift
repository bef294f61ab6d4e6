extension Simulator {
  /// Every POST to the authenticate endpoint counts, is logged and meets the faults, whatever it holds.
  mutating func authenticate(_ request: Request, at now: Moment) -> Plan {
    let sent = Result { () throws(Refusal) in try AuthenticateBody.read(request) }
    let faults = takeFaults()
    let exchange = log.begin(request, clientID: (try? sent.get())?.clientId, at: now)
    let act =
      faults.ending ?? .send(answer(sent, request, faults: faults, at: now), bytesPerSecond: faults.slowBody)
    return Plan(delay: faults.delay ?? 0, act: act, exchange: exchange)
  }

  /// The faults for this request; one of their `times` is over.
  private mutating func takeFaults() -> Faults {
    let taken = faults
    if let times = faults.times {
      if times > 1 { faults.times = times - 1 } else { faults = Faults() }
    }
    return taken
  }

  private mutating func answer(
    _ sent: Result<AuthenticateBody, Refusal>, _ request: Request, faults: Faults, at now: Moment
  ) -> Answer {
    var answer: Answer
    if let replacement = faults.replacement(random: &random) {
      answer = replacement
    } else {
      do throws(Refusal) {
        let body = try sent.get()
        try faults.judge(body, request)
        answer = faults.grant(try token(for: body, faults: faults, at: now))
      } catch {
        answer = error.answer
      }
    }
    faults.decorate(&answer)
    return answer
  }

  private mutating func token(
    for sent: AuthenticateBody, faults: Faults, at now: Moment
  ) throws(Refusal) -> String {
    guard sent.clientId == credentials.clientID, sent.clientSecret == credentials.clientSecret else {
      throw Refusal(401, "unknown client ID or wrong client secret")
    }
    if faults.sameToken == true, let last = mint.last { return last }
    let lifetime = faults.lifetime ?? lifetime
    let token = try mint.issue(
      subject: sent.clientId, at: now.wall, lifetime: lifetime, faults: faults, random: &random)
    tokens.insert(token, until: now.monotonic + Double(lifetime))
    statistics.tokensIssued += 1
    return token
  }
}
