import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// What the HTTP server needs of the daemon.
extension Daemon {
  /// Opens the HTTP socket and the TCP listener, or takes over the socket that an earlier process or systemd left.
  func openControl(_ found: TokenStore.Found) throws(SystemError) {
    guard let control else { return }
    let service = ControlService(self) { [reports] in reports.push($0) }
    controlService = service
    control.start(service)
    // Before the first caller comes: a profile without a token yet isn't one that doesn't exist.
    reviewControl()
    let wanted = configuration.api
    if let path = wanted.socketPath {
      let listener = try controlListener(at: path, wanted.ownership, found)
      try listener.serve(by: control)
      if !listener.isActivated { store.keep(listener.socket) }
      controlListener = listener
    }
    if let address = wanted.metricsListen {
      try control.listen(on: LoopbackListener.open(address), at: address, offering: .monitoring)
    }
  }

  private func controlListener(
    at path: String, _ ownership: Ownership, _ found: TokenStore.Found
  ) throws(SystemError) -> ControlListener {
    if let activated = found.activated.first(where: { $0.path == path }) {
      let socket = try ListeningSocket(
        adopting: activated.passed.descriptor.duplicate(), path: path, ownership: ownership, isOwnPath: false)
      return ControlListener(socket, isActivated: true, ownership: ownership)
    }
    return ControlListener(
      try listener(at: path, ownership, found), isActivated: false, ownership: ownership)
  }

  func prepareControl(_ wanted: APIConfiguration) throws(SystemError) -> ControlChange? {
    guard let control else { return nil }
    var change = ControlChange(
      from: controlListener, metrics: configuration.api.metricsListen, to: wanted, server: control)
    try change.perform()
    return change
  }

  /// What can't fail of a reload; `configuration` is the new one already.
  func applyControl(_ change: ControlChange?) {
    guard let change, let control else { return }
    if let old = change.currentMetrics, old != change.wanted.metricsListen { control.stopListening(at: old) }
    if let old = controlListener, old.socket.path != change.wanted.socketPath {
      control.stopListening(at: old.socket.path)
      if !old.isActivated {
        old.socket.removePath()
        store.giveUp(socketAt: old.socket.path)
      }
      controlListener = nil
    }
    controlListener?.ownership = change.wanted.ownership
    guard let opened = change.listener else { return }
    store.keep(opened.socket)
    controlListener = opened
  }

  /// Callers of one profile who wait for the end of a request, whether they are still there or not.
  private static var mostDemands: Int { 8192 }

  /// Tells the server what has changed, and answers those for whom a request has ended.
  func reviewControl() {
    guard let control else { return }
    let states = profiles.values.sorted { $0.name < $1.name }.map(ProfileState.init)
    if states != postedStates {
      postedStates = states
      control.post(states)
    }
    for profile in profiles.values where !profile.demands.isEmpty { answerDemands(of: profile) }
  }

  private func answerDemands(of profile: Profile) {
    guard !profile.machine.isRequesting else { return }
    let outcome: RefreshOutcome = profile.machine.lastFailure == nil ? .refreshed : .failed
    let ended = profile.statistics.ended
    for demand in profile.demands where demand.requestsEnded != ended { demand.reply(outcome) }
    profile.demands.removeAll { $0.requestsEnded != ended }
  }

  func receive(
    _ demand: RefreshDemand, of name: String, reply: @escaping @Sendable (RefreshOutcome) -> Void
  ) {
    guard stage != .ended, let profile = profiles[name] else { return reply(.unknownProfile) }
    let (reason, patience) = reason(for: demand, profile)
    guard let reason else { return reply(.notNeeded) }
    let phase = profile.machine.phase
    handle(.refreshWanted(reason), for: profile)
    let outcome = profile.machine.isRequesting ? nil : answer(to: reason, profile, patience)
    if outcome == nil, profile.demands.count >= Self.mostDemands { return reply(.failed) }
    if outcome == nil {
      profile.demands.append(WaitingDemand(requestsEnded: profile.statistics.ended, reply: reply))
    }
    // A thousand callers who want the same are one change. Who is told looks at the state, so that goes first.
    if profile.machine.phase != phase { review() }
    if let outcome { reply(outcome) }
  }

  /// - Returns: no reason where what is wanted is there already.
  private func reason(for demand: RefreshDemand, _ profile: Profile) -> (RefreshReason?, patience: Duration) {
    switch demand {
    case .now: return (.requested, .zero)
    case .minimumValidity(let least, let patience): return (.minimumValidity(least), patience)
    case .refused(let value):
      let refused = profile.tokens(in: value).first { $0 == profile.machine.token?.token }
      return (refused.map(RefreshReason.refused), .zero)
    }
  }

  /// No request has begun.
  ///
  /// - Returns: `nil` where one begins soon enough to wait for.
  private func answer(
    to reason: RefreshReason, _ profile: Profile, _ patience: Duration
  ) -> RefreshOutcome? {
    let (machine, now) = (profile.machine, BootTime.now())
    if case .minimumValidity(let least) = reason {
      if let token = machine.token, token.deadline - now >= least { return .notNeeded }
      if let longest = machine.newestLifetime, least > longest { return .impossible }
    }
    guard let until = machine.nextAttempt else { return .failed }
    return until - now < patience ? nil : .deferred(until: until)
  }

  var metrics: ControlMetrics {
    let readers = Dictionary(
      sockets.values.map { ($0.assignment.profile, $0) }, uniquingKeysWith: { first, _ in first })
    return ControlMetrics(
      profiles: profiles.values.sorted { $0.name < $1.name }.map { profile in
        ControlMetrics.Profile(
          state: ProfileState(profile), statistics: profile.statistics,
          tokenReaders: readers[profile.name]?.count ?? ReaderCount(),
          httpReaders: controlService?.readers(of: profile.name) ?? ReaderCount())
      })
  }
}

extension ReaderSocket {
  var count: ReaderCount {
    ReaderCount(served: served.load(ordering: .relaxed), denied: denied.load(ordering: .relaxed))
  }
}

extension Profile {
  /// What the token may be in what a caller says AssetIT refused: with the prefix or without.
  func tokens(in value: Secret) -> [Secret] {
    let prefix = configuration.exchange.headerPrefix.utf8
    return value.hasPrefix(prefix) ? [value, value.dropFirst(prefix.count)] : [value]
  }
}
