/// Decides, for one profile, when to authenticate and what readers get. It does nothing itself: time and
/// chance are arguments, and what is to be done comes back as actions.
///
/// What always holds: one request in flight at most; no token published at or after its deadline; a good
/// token is never dropped before it; no request sooner than the failures before it allow, restarts included.
package struct TokenMachine: Sendable {
  /// What the profile is doing about its next token.
  package enum Phase: Equatable, Sendable {
    /// Not begun yet.
    case idle
    /// The next request goes out at `until`.
    case waiting(until: BootTime, for: Cause)
    /// A request is in flight. `isStale`: its credentials or settings are no longer the configured ones.
    case requesting(since: BootTime, isStale: Bool)
    /// Gone; nothing happens any more.
    case stopped
  }

  /// Why a request goes out when it does.
  package enum Cause: Equatable, Sendable {
    /// The token's refresh, or the next try after a failure.
    case plan
    /// Somebody asked.
    case demand
    /// The credentials are other ones.
    case change
  }

  /// How long a wrong path or host counts as a gateway that is still coming up.
  package static let settlingTime = Duration.seconds(30)
  /// The least between requests that somebody asks for while the credentials stand refused.
  package static let refusedInterval = Duration.seconds(60)
  /// The most tries after answers of the rejected or misconfigured kind while a token is held.
  package static let refusedTries = 5

  package private(set) var policy: RefreshPolicy
  package private(set) var phase = Phase.idle
  /// What readers get.
  package private(set) var token: HeldToken?
  /// The last request's failure; `nil` after a success.
  package private(set) var lastFailure: Failure?
  /// What a restart must not forget; ``Action/store(_:)`` says when it is another one.
  package private(set) var retryState = RetryState()
  /// What ``Action/store(_:)`` said last.
  package private(set) var storedState = RetryState()
  /// A token that becomes valid later (`nbf`).
  private var upcoming: (held: HeldToken, at: BootTime)?
  /// The newest token, kept past its end to know it again.
  private var newest: TokenGrant?
  private var startedAt: BootTime?
  private var isReady: Bool
  /// Somebody asked for another token than the one that is held, so one that ends sooner will do.
  private var isReplacementWanted = false
  /// AssetIT refused the token that is held on a later call.
  private var isReported = false
  /// Of the request in flight.
  private var cause = Cause.plan
  /// What the operator has been told already.
  private var remarks: Set<AnswerRemark> = []

  /// `isReady`: whether the daemon is ready already, as it is for a profile that a reload adds.
  package init(policy: RefreshPolicy, isReady: Bool = false) {
    self.policy = policy
    self.isReady = isReady
  }

  /// When `.woke` is due: the next request, the token's end or a later one's beginning, whichever is first.
  /// `nil`: nothing to wait for.
  package var wakeAt: BootTime? {
    // A stopped machine does nothing more, so that waking it again and again would never end.
    phase == .stopped ? nil : [nextAttempt, token?.deadline, upcoming?.at].compactMap { $0 }.min()
  }

  /// When the next request goes out; `nil` while one is in flight.
  package var nextAttempt: BootTime? {
    if case .waiting(let until, _) = phase { until } else { nil }
  }

  /// When a token is published that has come already but isn't valid yet.
  package var becomesValidAt: BootTime? { upcoming?.at }

  /// The whole lifetime of the newest token, kept past its end.
  package var newestLifetime: Duration? { newest?.lifetime }

  package var isRequesting: Bool {
    if case .requesting = phase { true } else { false }
  }

  /// Takes one event and says what is to be done about it.
  package mutating func handle(
    _ event: Event, now: BootTime, random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard phase != .stopped else { return [] }
    let due = passTime(now)
    let actions: [Action] =
      switch event {
      case .started(let held, let retry, let change): start(held, retry, change, now, &random)
      case .woke: wake(now, &random)
      case .requestSent: sent(now, &random)
      case .granted(let grant): receive(grant, now, &random)
      case .failed(let cause): fail(cause, now, &random)
      case .refreshWanted(let reason): want(reason, now, &random)
      case .credentialsChanged(let change): self.change(change, now, &random)
      case .policyChanged(let policy): change(policy, &random)
      case .becameReady: becomeReady()
      case .stopped: stop()
      }
    return due + actions + store()
  }

  // MARK: Time passes

  /// What is due by the clock alone, whatever the event brings.
  private mutating func passTime(_ now: BootTime) -> [Action] {
    var actions: [Action] = []
    if let (held, begins) = upcoming, begins <= now {
      upcoming = nil
      if held.isValid(at: now) {
        token = held
        retryState.refusals = nil
        isReported = false
        actions += [.publish(held), .report(.becameValid(held))]
      }
    }
    if let token, !token.isValid(at: now) {
      self.token = nil
      retryState.refusals = nil
      isReported = false
      actions += [.withdraw, .report(.expired(nextAttempt: upcoming?.at ?? nextAttempt))]
    }
    return actions
  }

  private mutating func wake(_ now: BootTime, _ random: inout some RandomNumberGenerator) -> [Action] {
    guard case .waiting(let until, let cause) = phase, until <= now else { return [] }
    return proceed(at: until, for: cause, now, &random)
  }

  // MARK: Begin and end

  private mutating func start(
    _ held: HeldToken?, _ retry: RetryState?, _ change: CredentialsChange?, _ now: BootTime,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard phase == .idle else { return [] }
    startedAt = now
    var actions: [Action] = []
    if let held, held.isValid(at: now) {
      token = held
      newest = held.grant
      isReplacementWanted = change != nil
      actions = [.publish(held)]
    }
    if let retry {
      storedState = retry
      retryState = retry.checked(now)
    }
    let planned = max(token?.refreshAt ?? now, retryState.notBefore ?? now)
    lastFailure = retryState.failure.map { failure in
      Failure(
        cause: .remembered(failure.failureClass, reason: failure.reason), failureClass: failure.failureClass,
        count: failure.count, at: failure.at, nextAttempt: planned, servedUntil: token?.deadline)
    }
    if let change {
      forget(change, now)
      return actions + tryChanged(now, &random)
    }
    return actions + proceed(at: planned, for: .plan, now, &random)
  }

  private mutating func becomeReady() -> [Action] {
    isReady = true
    return []
  }

  private mutating func stop() -> [Action] {
    defer { phase = .stopped }
    return isRequesting ? [.abandon] : []
  }

  // MARK: Requests

  /// Begins a request, or plans it where its time hasn't come.
  private mutating func proceed(
    at time: BootTime, for cause: Cause, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard time <= now else {
      phase = .waiting(until: time, for: cause)
      return []
    }
    switch cause {
    case .plan: break
    case .demand: retryState.demands.pass(policy, now: now, random: &random)
    case .change: retryState.changes.pass(policy, now: now, random: &random)
    }
    self.cause = cause
    phase = .requesting(since: now, isStale: false)
    return begin(now, &random) + [.authenticate]
  }

  /// What the next process goes by if this one ends before the answer: the request counts as failed for it.
  private mutating func begin(_ now: BootTime, _ random: inout some RandomNumberGenerator) -> [Action] {
    retryState.unansweredSince = now
    storedState = retryState
    storedState.notBefore = now + storedState.backOff.next(policy, random: &random)
    return [.store(storedState)]
  }

  private mutating func sent(_ now: BootTime, _ random: inout some RandomNumberGenerator) -> [Action] {
    guard case .requesting(let since, let isStale) = phase, since != now else { return [] }
    phase = .requesting(since: now, isStale: isStale)
    return begin(now, &random)
  }

  /// Keeps what there is to be kept, once nothing is in flight any more.
  private mutating func store() -> [Action] {
    guard case .waiting(let until, _) = phase else { return [] }
    if lastFailure != nil {
      retryState.notBefore = until
    } else if retryState.unansweredSince == nil {
      retryState.notBefore = nil
    }
    guard retryState != storedState else { return [] }
    storedState = retryState
    return [.store(retryState)]
  }

  // MARK: Answers

  private mutating func receive(
    _ grant: TokenGrant, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard case .requesting(let since, let isStale) = phase else { return [] }
    retryState.unansweredSince = nil
    if isStale { return tryChanged(now, &random) }
    if newest?.token == grant.token { return fail(.unusableAnswer(.sameToken), now, &random) }
    let deadline = since + grant.lifetime
    guard deadline > now else { return fail(.unusableAnswer(.expired), now, &random) }
    let begins = now + grant.validAfter
    guard begins < deadline else { return fail(.unusableAnswer(.neverValid), now, &random) }
    let told = grant.remarks.filter { remarks.insert($0).inserted }.map { Action.report(.remarked($0)) }
    if let upcoming, upcoming.at < begins { return told + keep(upcoming.held, now, &random) }
    upcoming = nil
    if let token, deadline < token.deadline, !isReplacementWanted { return told + keep(token, now, &random) }

    let isPostponed = begins > now
    let held = HeldToken(
      grant: grant, requestedAt: since,
      refreshAt: refreshTime(of: grant, from: isPostponed ? begins : since, to: deadline, now, &random))
    let failures = lastFailure?.count ?? 0
    newest = grant
    succeed(nextAt: held.refreshAt)
    if isPostponed {
      upcoming = (held, begins)
      return told + [.report(.postponed(held, until: begins, afterFailures: failures))]
    }
    let report = Report.refreshed(held, afterFailures: failures, wasWithout: token == nil)
    token = held
    isReported = false
    return told + [.publish(held), .report(report)]
  }

  private func refreshTime(
    of grant: TokenGrant, from start: BootTime, to deadline: BootTime, _ now: BootTime,
    _ random: inout some RandomNumberGenerator
  ) -> BootTime {
    let delay = policy.refreshDelay(
      lifetime: deadline - start, isIssueKnown: grant.issuedAt != nil, random: &random)
    return max(start + delay, now + policy.leastInterval)
  }

  /// The answer ends sooner, or begins later, than what there is, which therefore stays; the next try comes
  /// within what is left of it.
  private mutating func keep(
    _ held: HeldToken, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    var kept = held
    kept.refreshAt = refreshTime(
      of: held.grant, from: max(now, upcoming?.at ?? now), to: held.deadline, now, &random)
    if let begins = upcoming?.at { upcoming = (kept, begins) } else { token = kept }
    succeed(nextAt: kept.refreshAt)
    return [.report(.keptLongerToken(kept))]
  }

  private mutating func succeed(nextAt: BootTime) {
    lastFailure = nil
    isReplacementWanted = false
    retryState.failure = nil
    retryState.refusals = nil
    retryState.throttledUntil = nil
    retryState.backOff.reset()
    phase = .waiting(until: nextAt, for: .plan)
  }

  private mutating func fail(
    _ cause: ExchangeFailure, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard case .requesting(_, let isStale) = phase else { return [] }
    retryState.unansweredSince = nil
    if isStale { return tryChanged(now, &random) }
    let failureClass = classify(cause, now)
    var next = nextTry(after: failureClass, now, &random)
    if cause == .unusableAnswer(.sameToken), let token {
      // A service that hands out one token until its end has a new one right then, not a back-off later.
      next = min(next, max(token.deadline, now + policy.retryMin))
    }
    let failure = Failure(
      cause: cause, failureClass: failureClass, count: (lastFailure?.count ?? 0) + 1, at: now,
      nextAttempt: next, servedUntil: token?.deadline)
    lastFailure = failure
    retryState.failure = .init(failure)
    phase = .waiting(until: next, for: .plan)
    return [.report(.failed(failure))]
  }

  /// A gateway that is still coming up says "not found" too, so at the start such answers don't count yet.
  private func classify(_ cause: ExchangeFailure, _ now: BootTime) -> FailureClass {
    let failureClass = cause.failureClass
    guard failureClass == .misconfigured, !isReady, let startedAt, now - startedAt < Self.settlingTime
    else { return failureClass }
    return .transient
  }

  private mutating func nextTry(
    after failureClass: FailureClass, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> BootTime {
    switch failureClass {
    case .transient, .throttled(nil):
      return now + retryState.backOff.next(policy, random: &random)
    case .throttled(let retryAfter?):
      let until = now + retryAfter + retryAfter * Double.random(in: 0...0.1, using: &random)
      retryState.throttledUntil = until
      return max(until, now + retryState.backOff.next(policy, random: &random))
    case .rejected, .misconfigured:
      return nextTryAfterRefusal(now, &random)
    }
  }

  /// While a token is held: after the lesser of `rejected_retry` and a fifth of what was left of it at the
  /// first such answer, then after that fifth each time; with nothing held `rejected_retry`.
  private mutating func nextTryAfterRefusal(
    _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> BootTime {
    let rested = now + max(policy.rejectedRetry, policy.retryMin)
    guard let token else {
      retryState.refusals = nil
      return rested
    }
    // Requests that somebody asked for in between take no try away.
    if cause == .demand, let refusals = retryState.refusals, now < refusals.nextAt {
      return max(refusals.nextAt, now + policy.retryMin)
    }
    let tries = retryState.refusals?.tries ?? 0
    guard tries < Self.refusedTries else { return max(rested, token.deadline) }
    let interval = retryState.refusals?.interval ?? (token.deadline - now) / Self.refusedTries
    let wait = tries == 0 ? min(policy.rejectedRetry, interval) : interval
    // The last one comes just before the end rather than after it.
    let latest = token.deadline - min(interval / 10, (token.deadline - now) / 5)
    let next = min(now + wait * Double.random(in: 0.9...1.1, using: &random), latest)
    let nextAt = max(next, now + policy.retryMin)
    retryState.refusals = .init(interval: interval, tries: tries + 1, nextAt: nextAt)
    return nextAt
  }

  // MARK: Changes

  private mutating func change(
    _ change: CredentialsChange, _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    isReplacementWanted = token != nil
    upcoming = nil
    let hadFailed = lastFailure != nil
    if phase != .idle { forget(change, now) }
    switch phase {
    case .idle, .stopped:
      return []
    case .requesting(let since, let isStale):
      phase = .requesting(since: since, isStale: true)
      return isStale ? [] : [.abandon]
    case .waiting(let until, _):
      // The refresh of a good token stands, if that comes first.
      let earliest = retryState.changes.earliest(now)
      if !hadFailed, earliest > now, until < earliest { return [] }
      return tryChanged(now, &random)
    }
  }

  private mutating func forget(_ change: CredentialsChange, _ now: BootTime) {
    if let lastAt = retryState.changes.lastAt, now - lastAt >= policy.retryMax {
      retryState.changes = RequestSpacing()
    }
    retryState.changes.note(now)
    retryState.forget(after: change)
    guard let until = retryState.throttledUntil, until > now else {
      lastFailure = nil
      return
    }
    retryState.failure = lastFailure.map(RetryState.PastFailure.init)
  }

  /// At once, unless they change again and again, or the service asked to be left alone.
  private mutating func tryChanged(
    _ now: BootTime, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    let earliest = max(retryState.changes.earliest(now), retryState.throttledUntil ?? now)
    let isKnown = phase == .waiting(until: earliest, for: .change)
    let actions = proceed(at: earliest, for: .change, now, &random)
    return earliest > now && !isKnown ? actions + [.report(.changeDeferred(until: earliest))] : actions
  }

  private mutating func change(
    _ policy: RefreshPolicy, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    self.policy = policy
    guard case .waiting(let until, .plan) = phase else { return [] }
    var next = until
    if let lastFailure {
      switch lastFailure.failureClass {
      case .transient: next = min(until, lastFailure.at + policy.retryMax)
      case .rejected, .misconfigured:
        next = min(until, lastFailure.at + max(policy.rejectedRetry, policy.retryMin))
      case .throttled: break
      }
    } else if let held = token, upcoming == nil {
      let delay = policy.refreshDelay(
        lifetime: held.grant.lifetime, isIssueKnown: held.grant.issuedAt != nil, random: &random)
      next = held.requestedAt + delay
      token?.refreshAt = next
    }
    if let unanswered = retryState.unansweredSince { next = max(next, unanswered + policy.retryMin) }
    phase = .waiting(until: next, for: .plan)
    return []
  }

  // MARK: Demands

  /// A reader or an operator asks for a new token before its time.
  private mutating func want(
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
    calmDemands(now)
    let earliest = max(retryState.demands.earliest(now), earliestAfterFailure(now))
    isReplacementWanted = true
    if case .refused = reason { isReported = true }

    guard case .waiting(let until, _) = phase, earliest <= now || earliest < until else { return [] }
    let actions = proceed(at: earliest, for: .demand, now, &random)
    return earliest > now ? actions + [.report(.deferred(until: earliest))] : actions
  }

  /// Forgets earlier demands once a token has lived for `retry_max` without a report that AssetIT refused it.
  /// Counted from the last demand too: an old token proves nothing if requests have failed since.
  private mutating func calmDemands(_ now: BootTime) {
    guard let token, !isReported else { return }
    let since = max(token.requestedAt, retryState.demands.lastAt ?? token.requestedAt)
    if now - since >= policy.retryMax { retryState.demands = RequestSpacing() }
  }

  /// The earliest time for a demanded refresh after the last failure: `Retry-After` is respected, and refused
  /// credentials are tried at most once a minute. A request that died with its process counts as failed.
  private func earliestAfterFailure(_ now: BootTime) -> BootTime {
    let unanswered = retryState.unansweredSince.map { $0 + policy.retryMin } ?? now
    guard let lastFailure else { return unanswered }
    switch lastFailure.failureClass {
    case .transient: return max(unanswered, lastFailure.at + policy.retryMin)
    case .throttled: return max(unanswered, lastFailure.nextAttempt)
    case .rejected, .misconfigured:
      return max(unanswered, lastFailure.at + max(Self.refusedInterval, policy.retryMin))
    }
  }
}

extension RetryState.PastFailure {
  fileprivate init(_ failure: TokenMachine.Failure) {
    let reason = String(
      decoding: failure.cause.description.utf8.prefix(RetryState.longestReason), as: UTF8.self)
    self.init(
      failureClass: failure.failureClass, at: failure.at, count: failure.count, reason: reason)
  }
}
