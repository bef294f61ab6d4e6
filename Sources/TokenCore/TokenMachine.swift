/// Decides, for one profile, when to authenticate and what readers get. It does nothing itself: time and
/// chance are arguments, and what is to be done comes back as actions.
///
/// What always holds: one request in flight at most; no token published at or after its deadline; a good
/// token is never dropped before it; no request sooner than the last failure's class allows.
package struct TokenMachine: Sendable {
  /// What the profile is doing about its next token.
  package enum Phase: Equatable, Sendable {
    /// Not begun yet.
    case idle
    /// The next request goes out at `until`. `isForced`: that moment was chosen because somebody asked.
    case waiting(until: BootTime, isForced: Bool)
    /// A request is in flight. `isStale`: its credentials or settings are no longer the configured ones.
    case requesting(since: BootTime, isStale: Bool)
    /// Gone; nothing happens any more.
    case stopped
  }

  /// How long a wrong path or host counts as a gateway that is still coming up.
  package static let settlingTime = Duration.seconds(30)
  /// The least between requests that somebody asks for while the credentials stand refused.
  package static let refusedInterval = Duration.seconds(60)

  package internal(set) var policy: RefreshPolicy
  package internal(set) var phase = Phase.idle
  package internal(set) var token: HeldToken?
  /// The last request's failure; `nil` after a success.
  package internal(set) var lastFailure: Failure?
  var startedAt: BootTime?
  var isReady: Bool
  /// The newest token, kept past its end to know it again.
  var newest: TokenGrant?
  /// Somebody asked for another token than the one that is held, so one that ends sooner will do.
  var isReplacementWanted = false
  /// AssetIT refused the token that is held on a later call.
  var isReported = false
  var backOff = BackOff()
  var gate = ForcedRefreshGate()

  /// `isReady`: whether the daemon is ready already, as it is for a profile that a reload adds.
  package init(policy: RefreshPolicy, isReady: Bool = false) {
    self.policy = policy
    self.isReady = isReady
  }

  /// Takes one event and says what is to be done about it.
  package mutating func handle(
    _ event: Event, now: BootTime, random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard phase != .stopped else { return [] }
    let expiry = expire(now)
    let actions: [Action] =
      switch event {
      case .started(let held, let credentialsChanged):
        start(held, credentialsChanged: credentialsChanged, now, &random)
      case .woke: wake(now, &random)
      case .granted(let grant): receive(grant, now, &random)
      case .failed(let cause): fail(cause, now, &random)
      case .refreshWanted(let reason): want(reason, now, &random)
      case .credentialsChanged: changeCredentials(now)
      case .policyChanged(let policy): change(policy, now, &random)
      case .becameReady: becomeReady()
      case .stopped: stop()
      }
    return expiry + actions
  }

  /// When `.woke` is due: the next request or the token's end, whichever is first. `nil`: nothing to wait for.
  package var wakeAt: BootTime? {
    [nextAttempt, token?.deadline].compactMap { $0 }.min()
  }

  /// When the next request goes out; `nil` while one is in flight.
  package var nextAttempt: BootTime? {
    if case .waiting(let until, _) = phase { until } else { nil }
  }

  /// The whole lifetime of the newest token, kept past its end.
  package var newestLifetime: Duration? { newest?.lifetime }

  package var isRequesting: Bool {
    if case .requesting = phase { true } else { false }
  }
}
