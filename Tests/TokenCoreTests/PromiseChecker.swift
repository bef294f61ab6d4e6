import TokenCore

/// Watches one machine from outside and knows what it may do, by rules written apart from its own.
struct PromiseChecker {
  private(set) var broken: [String] = []
  private var isInFlight = false
  private var published: HeldToken?
  private var policy: RefreshPolicy
  /// The last failed request, and what asked for a request since.
  private var failure: (failureClass: FailureClass, at: BootTime, least: Duration)?
  private var isStale = false

  init(policy: RefreshPolicy) {
    self.policy = policy
  }

  mutating func check(
    _ event: TokenMachine.Event, _ actions: [TokenMachine.Action], now: BootTime, isLenient: Bool
  ) {
    note(event, now: now, isLenient: isLenient)
    for action in actions {
      switch action {
      case .authenticate: checkRequest(event, now)
      case .publish(let token): publish(token, now)
      case .withdraw:
        if let published, now < published.deadline { broken.append("a good token was dropped") }
        published = nil
      case .abandon, .report, .store: break
      }
    }
    if let published, published.deadline <= now { broken.append("an expired token is left published") }
  }

  private mutating func note(_ event: TokenMachine.Event, now: BootTime, isLenient: Bool) {
    switch event {
    case .granted:
      isInFlight = false
      failure = nil
    case .failed(let cause):
      isInFlight = false
      // A wrong path is transient while the daemon starts.
      let failureClass =
        isLenient && cause.failureClass == .misconfigured ? .transient : cause.failureClass
      failure = isStale ? nil : (failureClass, now, least(after: failureClass, now))
    case .policyChanged(let policy):
      self.policy = policy
      if let (failureClass, at, earlier) = failure {
        failure = (failureClass, at, min(earlier, least(after: failureClass, at)))
      }
    case .credentialsChanged(.credentials): isStale = isInFlight
    default: break
    }
  }

  private mutating func publish(_ token: HeldToken, _ now: BootTime) {
    if token.deadline <= now { broken.append("an expired token was published") }
    if isStale { broken.append("the answer to old credentials was published") }
    if token.refreshAt > max(token.deadline, now + .seconds(1)) {
      broken.append("a token is replaced after its end")
    }
    published = token
  }

  private mutating func checkRequest(_ event: TokenMachine.Event, _ now: BootTime) {
    if isInFlight { broken.append("two requests in flight") }
    isInFlight = true
    isStale = false
    guard let failure else { return }
    let waited = now - failure.at
    let isNewStart = event == .credentialsChanged(.credentials)
    if case .throttled = failure.failureClass {
      if waited < failure.least { broken.append("asked again before Retry-After") }
    } else if !isNewStart, waited < failure.least {
      let name = failure.failureClass.name
      broken.append("asked again after \(waited), \(failure.least) is the least after a \(name) failure")
    }
  }

  private func least(after failureClass: FailureClass, _ at: BootTime) -> Duration {
    switch failureClass {
    case .transient, .throttled(nil): policy.retryMin
    case .throttled(let retryAfter?): max(policy.retryMin, retryAfter)
    case .rejected, .misconfigured:
      max(policy.retryMin, min(policy.rejectedRetry, TokenMachine.refusedInterval, spread(from: at)))
    }
  }

  /// What is left of the token in five parts, a tenth less each.
  private func spread(from time: BootTime) -> Duration {
    published.map { ($0.deadline - time) / 5 * 0.9 } ?? .seconds(1_000_000)
  }
}
