extension TokenMachine {
  mutating func start(
    _ held: HeldToken?, credentialsChanged: Bool, _ now: BootTime,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard phase == .idle else { return [] }
    startedAt = now
    guard let held, held.isValid(at: now) else { return request(now) }
    token = held
    newest = held.grant
    isReplacementWanted = credentialsChanged
    if credentialsChanged || held.refreshAt <= now { return [.publish(held)] + request(now) }
    phase = .waiting(until: held.refreshAt, isForced: false)
    return [.publish(held)]
  }

  mutating func wake(_ now: BootTime, _ random: inout some RandomNumberGenerator) -> [Action] {
    guard case .waiting(let until, let isForced) = phase, until <= now else { return [] }
    if isForced { gate.pass(policy, now: now, random: &random) }
    return request(now)
  }

  /// Ends the token where its time has come, whatever else the event brings.
  mutating func expire(_ now: BootTime) -> [Action] {
    guard let token, !token.isValid(at: now) else { return [] }
    self.token = nil
    isReported = false
    return [.withdraw, .report(.expired(nextAttempt: nextAttempt))]
  }

  mutating func receive(
    _ grant: TokenGrant, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard case .requesting(let since, let isStale) = phase else { return [] }
    if isStale { return request(now) }
    if newest?.token == grant.token { return fail(.unusableAnswer(.sameToken), now, &random) }
    guard since + grant.lifetime > now else { return fail(.unusableAnswer(.expired), now, &random) }
    if let token, since + grant.lifetime < token.deadline, !isReplacementWanted {
      return keep(token, now, &random)
    }
    let delay = policy.refreshDelay(lifetime: grant.lifetime, random: &random)
    let refreshAt = max(since + delay, now + policy.leastInterval)
    let held = HeldToken(grant: grant, requestedAt: since, refreshAt: refreshAt)
    let report = Report.refreshed(held, afterFailures: lastFailure?.count ?? 0, wasWithout: token == nil)
    token = held
    newest = grant
    succeed(nextAt: refreshAt)
    return [.publish(held), .report(report)]
  }

  /// The answer ends sooner than what readers have, so they keep it; the next try comes within what is left.
  private mutating func keep(
    _ held: HeldToken, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    let delay = policy.refreshDelay(lifetime: held.deadline - now, random: &random)
    var kept = held
    kept.refreshAt = now + delay
    token = kept
    succeed(nextAt: kept.refreshAt)
    return [.report(.keptLongerToken(kept))]
  }

  private mutating func succeed(nextAt: BootTime) {
    lastFailure = nil
    isReplacementWanted = false
    isReported = false
    backOff.reset()
    phase = .waiting(until: nextAt, isForced: false)
  }

  mutating func fail(
    _ cause: ExchangeFailure, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard case .requesting(_, let isStale) = phase else { return [] }
    if isStale { return request(now) }
    let failureClass = classify(cause, now)
    var next = now + wait(after: failureClass, &random)
    if cause == .unusableAnswer(.sameToken), let token {
      // A service that hands out one token until its end has a new one right then, not a back-off later.
      next = min(next, max(token.deadline, now + policy.retryMin))
    }
    let failure = Failure(
      cause: cause, failureClass: failureClass, count: (lastFailure?.count ?? 0) + 1, at: now,
      nextAttempt: next, servedUntil: token?.deadline)
    lastFailure = failure
    phase = .waiting(until: next, isForced: false)
    return [.report(.failed(failure))]
  }

  /// A gateway that is still coming up says "not found" too, so at the start such answers don't count yet.
  private func classify(_ cause: ExchangeFailure, _ now: BootTime) -> FailureClass {
    let failureClass = cause.failureClass
    guard failureClass == .misconfigured, !isReady, let startedAt, now - startedAt < Self.settlingTime
    else { return failureClass }
    return .transient
  }

  private mutating func wait(
    after failureClass: FailureClass, _ random: inout some RandomNumberGenerator
  ) -> Duration {
    switch failureClass {
    case .transient, .throttled(nil):
      return backOff.next(policy, random: &random)
    case .throttled(let retryAfter?):
      return max(retryAfter + retryAfter * Double.random(in: 0...0.1, using: &random), policy.retryMin)
    case .rejected, .misconfigured:
      return max(policy.rejectedRetry, policy.retryMin)
    }
  }

  mutating func stop() -> [Action] {
    defer { phase = .stopped }
    return isRequesting ? [.abandon] : []
  }

  mutating func becomeReady() -> [Action] {
    isReady = true
    return []
  }

  mutating func request(_ now: BootTime) -> [Action] {
    phase = .requesting(since: now, isStale: false)
    return [.authenticate]
  }
}
