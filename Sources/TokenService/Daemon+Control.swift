import Dispatch
import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// What the HTTP server needs of the daemon.
extension Daemon {
  /// Opens the HTTP socket and the TCP listener, or takes over the socket that an earlier process or systemd left.
  func openControl(_ found: TokenStore.Found) throws(SystemError) {
    guard let control else { return }
    let service = ControlService(
      inbox: { request in
        self.executor.queue.async { self.assumeIsolated { $0.receive(request) } }
      },
      report: { [reports] in reports.push($0) })
    controlService = service
    control.start(service, budget)
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

  /// Tells the server what has changed, and answers those for whom an exchange has ended.
  func reviewControl() {
    guard let control else { return }
    var postings: [ControlPosting] = []
    for name in postedStates.keys where profiles[name] == nil {
      postedStates[name] = nil
      postings += answer(demands.takeAll(of: name), .unknownProfile, nil)
      postings.append(.removed(name))
    }
    for profile in profiles.values {
      let state = ProfileState(profile)
      let ended = answeredDemands(of: profile)
      if !ended.isEmpty {
        postings += answer(ended, profile.machine.lastFailure == nil ? .refreshed : .failed, state)
      } else if postedStates[profile.name] != state {
        postings.append(.changed(state))
      }
      postedStates[profile.name] = state
    }
    if !postings.isEmpty { control.post(postings) }
  }

  private func answer(
    _ demands: [DemandID], _ outcome: RefreshOutcome, _ state: ProfileState?
  ) -> [ControlPosting] {
    demands.isEmpty ? [] : [.answered(demands, outcome, state)]
  }

  private func answeredDemands(of profile: Profile) -> [DemandID] {
    guard demands.hasDemands(of: profile.name), !profile.machine.isRequesting else { return [] }
    return demands.takeAnswered(of: profile.name, exchangesEnded: profile.statistics.ended)
  }

  func receive(_ request: ControlRequest) {
    switch request {
    case .demand(let demand): receive(demand)
    case .cancel(let id): demands.cancel(id)
    case .livenessCheck(let reply): reply()
    case .metrics(let reply): reply(metrics)
    }
  }

  private func receive(_ demand: RefreshDemand) {
    guard stage != .ended, let profile = profiles[demand.profile] else {
      control?.post([.answered([demand.id], .unknownProfile, nil)])
      return
    }
    guard demands.hasRoom(for: demand.user) else { return end(demand, .tooMany, profile) }
    guard let reason = reason(for: demand.wish, profile) else { return end(demand, .notNeeded, profile) }
    let phase = profile.machine.phase
    handle(.refreshWanted(reason), for: profile)
    if !profile.machine.isRequesting, let outcome = answer(to: reason, profile, demand.patience) {
      end(demand, outcome, profile)
    } else {
      _ = demands.add(demand, exchangesEnded: profile.statistics.ended)
    }
    // A thousand callers who want the same are one change.
    if profile.machine.phase != phase { review() }
  }

  private func end(_ demand: RefreshDemand, _ outcome: RefreshOutcome, _ profile: Profile) {
    let state = ProfileState(profile)
    postedStates[profile.name] = state
    control?.post([.answered([demand.id], outcome, state)])
  }

  /// - Returns: no reason if what is wanted is there already.
  private func reason(for wish: RefreshDemand.Wish, _ profile: Profile) -> RefreshReason? {
    switch wish {
    case .now: return .requested
    case .minimumValidity(let least): return .minimumValidity(least)
    case .replacement(let reported):
      guard let token = profile.machine.token?.token,
        ProfileState(profile).token?.matches(reported) ?? false
      else { return nil }
      return .refused(token)
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

extension ProfileState {
  init(_ profile: Profile) {
    let token = profile.machine.token.flatMap { held in
      profile.board.current.map { posting in
        Token(
          header: posting.header, prefixCount: profile.configuration.exchange.headerPrefix.utf8.count,
          requestedAt: held.requestedAt, deadline: posting.deadline)
      }
    }
    let isCurrent = token == nil || profile.tokenFingerprint == profile.fingerprint
    self.init(
      name: profile.name, token: token, isRefreshing: profile.machine.isRequesting,
      nextRefreshAt: profile.machine.nextAttempt, lastFailure: profile.machine.lastFailure,
      newestLifetime: profile.machine.newestLifetime, credentials: isCurrent ? .current : .changed,
      problems: [], socket: profile.configuration.socket)
  }
}
