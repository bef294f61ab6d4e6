import TokenCore

/// Watches one profile from outside, through restarts, and knows what it may do, by rules written apart from its
/// own.
struct PromiseChecker {
  private(set) var broken: [String] = []
  /// What the next process would find.
  private(set) var stored: RetryState?
  /// What readers have.
  private(set) var published: HeldToken?
  private var policy: RefreshPolicy
  private var isInFlight = false
  /// The answer to come is to old credentials.
  private var isStale = false
  /// The last failed request, or one that a process died with, and how long nobody may ask after it.
  private var failure: (failureClass: FailureClass, at: BootTime, least: Duration)?
  /// `Retry-After`, from the moment it came.
  private var quietUntil: BootTime?
  private var requestedAt: BootTime?
  /// `retry_min` when that request began.
  private var leastThen = Duration.zero
  /// A request that somebody asked for is still to come.
  private var isDemanded = false
  /// Answers of the refused kind, to requests that nobody asked for, while the same token is held.
  private var refusals = 0

  init(policy: RefreshPolicy) {
    self.policy = policy
  }

  mutating func check(
    _ event: TokenMachine.Event, _ actions: [TokenMachine.Action], now: BootTime, isLenient: Bool
  ) {
    note(event, now: now, isLenient: isLenient)
    var hasStored = false
    for action in actions {
      switch action {
      case .store(let state):
        stored = state
        hasStored = true
      case .authenticate:
        if !hasStored || stored?.notBefore.map({ $0 >= now + policy.retryMin }) != true {
          broken.append("a request began before its successor's earliest time was stored")
        }
        checkRequest(event, now)
      case .publish(let token): publish(token, event, now)
      case .withdraw:
        if let published, now < published.deadline { broken.append("a good token was dropped") }
        published = nil
        refusals = 0
      case .report(.deferred): isDemanded = true
      case .abandon, .report: break
      }
    }
    if let published, published.deadline <= now { broken.append("an expired token is left published") }
  }

  /// The process ends here and another one begins, with what was stored.
  mutating func restart() {
    if isInFlight, let requestedAt { failure = (.transient, requestedAt, leastThen) }
    isInFlight = false
    isStale = false
    published = nil
    isDemanded = false
  }

  private mutating func note(_ event: TokenMachine.Event, now: BootTime, isLenient: Bool) {
    switch event {
    case .started(_, _, let change): change.map { self.change($0) }
    case .requestSent:
      guard isInFlight else { return }
      (requestedAt, leastThen) = (now, policy.retryMin)
    case .granted(let grant):
      if !isStale, let published, published.grant.token == grant.token {
        failure = (.transient, now, policy.retryMin)
      } else {
        failure = nil
        quietUntil = nil
        refusals = 0
      }
      isInFlight = false
    case .failed(let cause):
      isInFlight = false
      if !isStale { fail(isLenient ? Self.lenient(cause.failureClass) : cause.failureClass, now) }
    case .refreshWanted: isDemanded = true
    case .policyChanged(let policy):
      self.policy = policy
      leastThen = min(leastThen, policy.retryMin)
      failure = failure.map { ($0.failureClass, $0.at, min($0.least, least(after: $0.failureClass, $0.at))) }
    case .credentialsChanged(let change):
      isStale = isInFlight
      self.change(change)
    case .woke, .becameReady, .stopped: break
    }
  }

  private mutating func change(_ change: CredentialsChange) {
    failure = nil
    refusals = 0
    isDemanded = false
    if change == .endpoint { quietUntil = nil }
  }

  /// A wrong path is transient while the daemon starts.
  private static func lenient(_ failureClass: FailureClass) -> FailureClass {
    failureClass == .misconfigured ? .transient : failureClass
  }

  private mutating func fail(_ failureClass: FailureClass, _ now: BootTime) {
    failure = (failureClass, now, least(after: failureClass, now))
    if case .throttled(let retryAfter?) = failureClass { quietUntil = now + retryAfter }
    let isRefused = failureClass == .rejected || failureClass == .misconfigured
    if isRefused, published != nil {
      // The planned tries go on whatever is asked for in between.
      if isDemanded { failure?.least = policy.retryMin } else { refusals += 1 }
    }
    // The first, and five tries after it.
    if refusals > 6 { broken.append("more than five tries after a refusal") }
    isDemanded = false
  }

  private mutating func publish(_ token: HeldToken, _ event: TokenMachine.Event, _ now: BootTime) {
    if token.deadline <= now { broken.append("an expired token was published") }
    if isStale { broken.append("the answer to old credentials was published") }
    if token.refreshAt > max(token.deadline, now + .seconds(1)) {
      broken.append("a token is replaced after its end")
    }
    if case .granted(let grant) = event, grant.token == token.token, grant.validAfter > .zero {
      broken.append("a token was published before its nbf")
    }
    published = token
    refusals = 0
  }

  private mutating func checkRequest(_ event: TokenMachine.Event, _ now: BootTime) {
    if isInFlight { broken.append("two requests in flight") }
    isInFlight = true
    isStale = false
    requestedAt = now
    leastThen = policy.retryMin
    if let quietUntil, now < quietUntil { broken.append("asked again before Retry-After") }
    guard let failure, now - failure.at < failure.least else { return }
    let name = failure.failureClass.name
    broken.append("asked again after \(now - failure.at), \(failure.least) is the least (\(name))")
  }

  private func least(after failureClass: FailureClass, _ at: BootTime) -> Duration {
    switch failureClass {
    case .transient, .throttled: policy.retryMin
    case .rejected, .misconfigured:
      max(
        policy.retryMin,
        min(policy.rejectedRetry * 0.9, TokenMachine.refusedInterval, spread(from: at)))
    }
  }

  /// What is left of the token in five parts, a tenth less each.
  private func spread(from time: BootTime) -> Duration {
    published.map { ($0.deadline - time) / 5 * 0.9 } ?? .seconds(1_000_000)
  }
}
