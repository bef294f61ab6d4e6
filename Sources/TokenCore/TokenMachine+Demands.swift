extension TokenMachine {
  /// A reader or an operator asks for a new token before its time.
  mutating func want(
    _ reason: RefreshReason, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    switch reason {
    case .requested: break
    case .minimumValidity(let least):
      if let token, token.deadline - now >= least { return [] }
      // No token of this service is ever good for that long, so asking for one would be in vain.
      if let newest, least > newest.lifetime { return [] }
    case .refused(let refused):
      guard let token, token.token == refused else { return [] }
    }
    let earliest = max(
      gate.earliest(policy, token: token, isReported: isReported, now: now), earliestAfterFailure(now))
    isReplacementWanted = true
    if case .refused = reason { isReported = true }

    guard case .waiting(let until, _) = phase else { return [] }
    if earliest <= now {
      gate.pass(policy, now: now, random: &random)
      return request(now)
    }
    guard earliest < until else { return [] }
    phase = .waiting(until: earliest, isForced: true)
    return [.report(.deferred(until: earliest))]
  }

  /// What the last failure leaves to those who ask: a service that wants to be left alone is, and refused
  /// credentials aren't tried more than once a minute.
  private func earliestAfterFailure(_ now: BootTime) -> BootTime {
    guard let lastFailure else { return now }
    switch lastFailure.failureClass {
    case .transient: return lastFailure.at + policy.retryMin
    case .throttled: return lastFailure.nextAttempt
    case .rejected, .misconfigured: return lastFailure.at + max(Self.refusedInterval, policy.retryMin)
    }
  }

  mutating func changeCredentials(_ now: BootTime) -> [Action] {
    isReplacementWanted = token != nil
    backOff.reset()
    switch phase {
    case .idle, .stopped:
      return []
    case .requesting(let since, let isStale):
      phase = .requesting(since: since, isStale: true)
      return isStale ? [] : [.abandon]
    case .waiting:
      // The service asked to be left alone, whoever calls.
      if case .throttled = lastFailure?.failureClass { return [] }
      lastFailure = nil
      return request(now)
    }
  }

  mutating func change(
    _ policy: RefreshPolicy, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    self.policy = policy
    guard case .waiting(let until, let isForced) = phase else { return [] }
    var next = until
    if let lastFailure {
      switch lastFailure.failureClass {
      case .transient: next = min(until, lastFailure.at + policy.retryMax)
      case .rejected, .misconfigured:
        next = min(until, lastFailure.at + max(policy.rejectedRetry, policy.retryMin))
      case .throttled: break
      }
    } else if let held = token, !isForced {
      let delay = policy.refreshDelay(lifetime: held.grant.lifetime, random: &random)
      next = held.requestedAt + delay
      token?.refreshAt = next
    }
    phase = .waiting(until: next, isForced: isForced)
    return []
  }
}
