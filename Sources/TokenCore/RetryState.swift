/// What earlier requests leave to the next ones, as plain values, so that a restart forgets nothing that keeps
/// AssetIT from being asked too often. Times are on the boot-time clock: a state is good for the boot that it
/// was stored in, and for no other.
package struct RetryState: Equatable, Sendable {
  /// The last request's failure.
  package struct PastFailure: Equatable, Sendable {
    package var failureClass: FailureClass
    package var at: BootTime
    /// How many in a row, that one included.
    package var count: Int
    /// The sentence that the operator was told.
    package var reason: String

    package init(failureClass: FailureClass, at: BootTime, count: Int, reason: String) {
      self.failureClass = failureClass
      self.at = at
      self.count = count
      self.reason = reason
    }
  }

  /// Answers of the rejected or misconfigured kind while a token is held: five tries, spread to its end.
  package struct Refusals: Equatable, Sendable {
    /// A fifth of what was left of the token at the first such answer.
    package var interval: Duration
    /// Tries planned since then.
    package var tries: Int
    package var nextAt: BootTime

    package init(interval: Duration, tries: Int, nextAt: BootTime) {
      self.interval = interval
      self.tries = tries
      self.nextAt = nextAt
    }
  }

  /// Of transient failures.
  package var backOff = BackOff()
  /// Refreshes that somebody asks for.
  package var demands = RequestSpacing()
  /// Requests because the credentials changed.
  package var changes = RequestSpacing()
  /// The end of `Retry-After`, with its random part.
  package var throttledUntil: BootTime?
  package var refusals: Refusals?
  /// `nil` after a success.
  package var failure: PastFailure?
  /// The earliest next request, demands and changed credentials aside; `nil`: any time.
  package var notBefore: BootTime?
  /// When the request was sent that has no answer yet.
  package var unansweredSince: BootTime?

  package init() {}
}

extension RetryState {
  /// The longest sentence that is kept of a failure, bytes.
  package static let longestReason = 512
  /// Nothing here reaches further into the future; `Retry-After` is an hour at most.
  private static let furthest = Duration.seconds(32 * 86_400)

  /// The state as it may be believed at `now`. Whatever is damaged or of another clock can make a profile wait
  /// too long, so what points too far ahead is brought back, and a past that hasn't been yet is dropped.
  func checked(_ now: BootTime) -> RetryState {
    func bounded(_ time: BootTime?) -> BootTime? { time.map { min($0, now + Self.furthest) } }
    func bounded(_ spacing: RequestSpacing) -> RequestSpacing {
      RequestSpacing(
        backOff: BackOff(steps: spacing.backOff.steps), opensAt: bounded(spacing.opensAt),
        lastAt: spacing.lastAt.map { min($0, now) })
    }
    var state = RetryState()
    state.backOff = BackOff(steps: backOff.steps)
    state.demands = bounded(demands)
    state.changes = bounded(changes)
    state.throttledUntil = bounded(throttledUntil)
    state.notBefore = bounded(notBefore)
    state.unansweredSince = unansweredSince.map { min($0, now) }
    if let refusals, refusals.interval > .zero, (0...5).contains(refusals.tries) {
      state.refusals = Refusals(
        interval: min(refusals.interval, Self.furthest), tries: refusals.tries,
        nextAt: min(refusals.nextAt, now + Self.furthest))
    }
    if let failure, failure.at <= now {
      state.failure = failure
      state.failure?.count = min(max(failure.count, 1), 1 << 30)
    }
    return state
  }

  /// Forgets what no longer says anything once the endpoint or the credentials are other ones. The spacing of
  /// changes stays, whatever changes.
  mutating func forget(after change: CredentialsChange) {
    let old = self
    self = RetryState()
    changes = old.changes
    guard change == .credentials else { return }
    demands = old.demands
    throttledUntil = old.throttledUntil
  }
}

/// What about an exchange is another one now.
package enum CredentialsChange: Equatable, Sendable {
  /// The client ID, the secret, or how the same service is reached.
  case credentials
  /// The place that credentials are sent to.
  case endpoint
}
