import TokenCore

/// The listening sockets: which there should be, which there are, and whose they are. A socket that somebody deletes is
/// made anew, one that somebody changes is put right.
struct SocketBook {
  /// A socket that should be served.
  struct Wanted: Equatable {
    let place: String
    let role: SocketRole
    let ownership: Ownership
    /// Without it the daemon doesn't start, and a reload is refused.
    let isEssential: Bool
  }

  private enum Step: Equatable {
    case opening(SocketID)
    case inspecting

    var opening: SocketID? { if case .opening(let socket) = self { socket } else { nil } }
  }

  private struct Place {
    var wanted: Wanted
    var socket: SocketID?
    var isActivated = false
    var step: Step?
    var isSuspect = false
    /// What a reload has changed of it is looked at once more.
    var isVerifying = false
    var retryAt: BootTime?
    var failures = BackOff()
    var trouble: String?

    var isBeingSettled: Bool {
      switch step {
      case .opening: failures.steps == 0
      case .inspecting: isVerifying
      case nil: false
      }
    }
  }

  /// Between 1 s and 30 s.
  private static var retries: RefreshPolicy {
    var policy = RefreshPolicy()
    policy.retryMax = .seconds(30)
    return policy
  }

  private var places: [String: Place] = [:]
  private var inherited: [String: Inheritance.Socket] = [:]
  private var activated: [Inheritance.Activated] = []
  private var lastSocket = 0
  /// Descriptors up to this number came from an earlier process or from systemd.
  private var lastInherited = 0

  init() {}

  init(_ inheritance: Inheritance) {
    for socket in inheritance.sockets { inherited[socket.place] = socket }
    activated = inheritance.activated
    lastSocket =
      (inheritance.sockets.map(\.socket) + inheritance.activated.map(\.socket) + inheritance.supersededSockets)
      .map(\.number).max() ?? 0
    lastInherited = lastSocket
  }

  /// Sockets whose path is still to be removed; what isn't wanted any more is closed after that.
  private struct Leaving {
    let path: String
    let closes: Bool
    var isUnderWay = false
    var failures = BackOff()
  }

  private var leaving: [SocketID: Leaving] = [:]
  var isUnbound: Bool { leaving.isEmpty }

  /// Places and paths where what is wanted isn't so yet.
  var unsettled: [String] {
    (leaving.values.map(\.path) + places.filter { $0.value.isBeingSettled }.map(\.key)).sorted()
  }

  /// Whether some of that is under way for the first time. What has failed, or waits for a folder that is stuck, isn't.
  var isSettling: Bool {
    leaving.values.contains(where: \.isUnderWay) || places.values.contains(where: \.isBeingSettled)
  }

  /// Whether every socket without which nothing can be served is there.
  var isSettled: Bool { places.values.allSatisfy { !$0.wanted.isEssential || $0.socket != nil } }
  var trouble: [String] { places.values.compactMap(\.trouble).sorted() }
  func problem(at place: String) -> String? { places[place]?.trouble }
  func wanted(at place: String) -> Wanted? { places[place]?.wanted }
  func socket(at place: String) -> SocketID? { places[place]?.socket }
  func isActivated(at place: String) -> Bool { places[place]?.isActivated ?? false }
  func paths(in folder: String) -> [String] {
    places.keys.filter { Path.folder(of: $0) == folder }.sorted()
  }

  mutating func newSocket() -> SocketID {
    lastSocket += 1
    return SocketID(lastSocket)
  }

  // MARK: Opening

  /// Opens the socket, or takes over the one that an earlier process or systemd left for it.
  mutating func open(_ wanted: Wanted, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    var place = places[wanted.place] ?? Place(wanted: wanted)
    place.wanted = wanted
    places[wanted.place] = place
    proceed(wanted.place, &jobs, &turn)
  }

  private mutating func proceed(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let place = places[name], place.step == nil, place.retryAt.map({ $0 <= turn.now }) ?? true else {
      return
    }
    if place.socket == nil {
      beginOpening(name, &jobs, &turn)
    } else if place.isSuspect {
      inspect(name, &jobs, &turn)
    }
  }

  private mutating func beginOpening(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let wanted = places[name]?.wanted else { return }
    let socket: SocketID
    var isInherited = false
    var isActivated = false
    if let found = takeActivated(for: wanted) {
      (socket, isInherited, isActivated) = (found.socket, true, true)
    } else if let found = inherited.removeValue(forKey: name) {
      (socket, isInherited) = (found.socket, true)
    } else {
      socket = newSocket()
    }
    places[name]?.isActivated = isActivated
    let job: Job =
      if case .metrics(let place) = wanted.role {
        .listenMetrics(socket, place: place, isInherited: isInherited)
      } else {
        .openSocket(
          SocketOpening(
            socket: socket, path: name, ownership: wanted.ownership, isInherited: isInherited,
            isActivated: isActivated))
      }
    if jobs.submit(job, for: .socket(place: name, opening: socket), &turn) {
      places[name]?.step = .opening(socket)
    }
  }

  private mutating func takeActivated(for wanted: Wanted) -> Inheritance.Activated? {
    let profile: String? = if case .tokens(let profile, _) = wanted.role { profile } else { nil }
    let index =
      activated.firstIndex { $0.path == wanted.place } ?? activated.firstIndex { $0.name == profile }
    return index.map { activated.remove(at: $0) }
  }

  private mutating func inspect(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let place = places[name], let socket = place.socket, !place.isActivated else { return }
    places[name]?.isSuspect = false
    let job = Job.inspectSocket(socket, path: name, place.wanted.ownership)
    if jobs.submit(job, for: .socket(place: name, opening: nil), &turn) {
      places[name]?.step = .inspecting
    } else {
      places[name]?.isSuspect = true
    }
  }

  // MARK: What happens

  /// A job of the socket has ended; what was opened for a place that has gone meanwhile goes, too.
  ///
  /// - Returns: why a socket that is essential couldn't be opened, where it couldn't.
  mutating func ended(
    _ name: String, opening: SocketID?, _ result: JobResult, _ jobs: inout JobSchedule,
    _ store: inout StoreKeeper, _ turn: inout Turn
  ) -> JobFailure? {
    guard let place = places[name], let step = place.step, step.opening == opening else {
      if let opening { discard(opening, at: name, result, &jobs, &turn) }
      return nil
    }
    places[name]?.step = nil
    places[name]?.isVerifying = place.isVerifying && place.isSuspect
    switch (step, result) {
    case (.opening(let socket), .changed), (.opening(let socket), .unchanged):
      opened(name, socket, &store, &turn)
    case (.inspecting, .missing):
      beginOpening(name, &jobs, &turn)
      return nil
    case (.inspecting, .changed):
      if !place.isVerifying { turn.log(.outletRepaired(profile: place.wanted.profile, path: name)) }
      places[name]?.trouble = nil
    case (.inspecting, .unchanged):
      places[name]?.trouble = nil
    case (.opening(let socket), .failed(let failure))
    where socket.number <= lastInherited && !place.isActivated:
      turn.log(.storeRefused(reason: failure.reason))
      store.forget(socketAt: name, &turn)
      turn.emit(.close(socket))
      beginOpening(name, &jobs, &turn)
      return nil
    default:
      let failure =
        if case .failed(let failure) = result { failure } else { JobFailure(reason: "\(name) can't be used") }
      failed(name, failure, isOpening: step != .inspecting, &turn)
      return failure
    }
    proceed(name, &jobs, &turn)
    return nil
  }

  private mutating func opened(
    _ name: String, _ socket: SocketID, _ store: inout StoreKeeper, _ turn: inout Turn
  ) {
    guard let place = places[name] else { return }
    turn.emit(.serve(socket, place.wanted.role))
    if let old = place.socket {
      turn.emit(.close(old))
      turn.log(.outletRepaired(profile: place.wanted.profile, path: name))
    } else if place.failures.steps > 0 {
      turn.log(.listening(place: name, afterFailures: place.failures.steps))
    }
    if !place.isActivated {
      // One that was taken over is in the store already.
      if socket.number > lastInherited || !store.hasSocket(at: name) { store.keep(socket, at: name, &turn) }
      if place.socket == nil, !place.wanted.isMetrics { turn.emit(.watch(path: name)) }
    }
    places[name]?.socket = socket
    places[name]?.failures.reset()
    places[name]?.retryAt = nil
    places[name]?.trouble = nil
  }

  private mutating func failed(
    _ name: String, _ failure: JobFailure, isOpening: Bool, _ turn: inout Turn
  ) {
    guard var place = places[name] else { return }
    let wait = place.failures.next(Self.retries, random: &turn.random)
    let retryAt = turn.now + wait
    place.retryAt = retryAt
    place.trouble = failure.reason
    if place.socket != nil { place.isSuspect = true }
    places[name] = place
    turn.agenda.set(.socket(name), retryAt)
    guard place.failures.steps == 1 || place.failures.steps % 20 == 0 else { return }
    turn.log(
      isOpening && place.socket == nil
        ? .listenFailed(place: name, reason: failure.reason, retryAt: retryAt)
        : .outletRepairFailed(
          profile: place.wanted.profile, path: name, reason: failure.reason, retryAt: retryAt))
  }

  mutating func due(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    proceed(name, &jobs, &turn)
  }

  mutating func changed(_ path: String, _ jobs: inout JobSchedule, _ turn: inout Turn) -> Bool {
    guard places[path] != nil else { return false }
    places[path]?.isSuspect = true
    proceed(path, &jobs, &turn)
    return true
  }

  /// The job hangs, or was dropped before it began since its folder is stuck.
  mutating func writtenOff(_ name: String, opening: SocketID?, hasBegun: Bool, _ turn: inout Turn) {
    guard let place = places[name], let step = place.step, step.opening == opening else {
      if let opening, !hasBegun { turn.emit(.close(opening)) }
      return
    }
    places[name]?.trouble = "\(name): its folder doesn't answer"
    if !hasBegun {
      places[name]?.step = nil
      if places[name]?.socket != nil { places[name]?.isSuspect = true }
    }
  }

  mutating func folderAnswers(_ folder: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    for path in paths(in: folder) { proceed(path, &jobs, &turn) }
    for (socket, entry) in leaving.sorted(by: { $0.key < $1.key }) where Path.folder(of: entry.path) == folder
    {
      submitUnbinding(socket, &jobs, &turn)
    }
  }

  // MARK: Reload

  /// A reload has changed the socket's owner or mode, and may have failed since.
  mutating func verify(_ name: String, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard places[name] != nil else { return }
    places[name]?.isVerifying = true
    _ = changed(name, &jobs, &turn)
  }

  /// A socket that a reload has opened, or one that stays, has this role from now on.
  mutating func commit(
    _ wanted: Wanted, opened: SocketID?, _ store: inout StoreKeeper, _ turn: inout Turn
  ) {
    if let opened {
      if let old = places[wanted.place]?.socket { turn.emit(.close(old)) }
      places[wanted.place] = Place(wanted: wanted)
      self.opened(wanted.place, opened, &store, &turn)
      return
    }
    guard let place = places[wanted.place] else { return }
    if place.wanted.role != wanted.role, let socket = place.socket { turn.emit(.serve(socket, wanted.role)) }
    places[wanted.place]?.wanted = wanted
  }

  /// The socket isn't wanted any more. One that is being opened goes once it is there.
  mutating func remove(
    _ name: String, _ jobs: inout JobSchedule, _ store: inout StoreKeeper, _ turn: inout Turn
  ) {
    guard let place = places.removeValue(forKey: name) else { return }
    turn.agenda.set(.socket(name), nil)
    store.forget(socketAt: name, &turn)
    guard let socket = place.socket else { return }
    guard !place.isActivated, !place.wanted.isMetrics else { return turn.emit(.close(socket)) }
    turn.emit(.unwatch(path: name))
    unbind(socket, name, closes: true, &jobs, &turn)
  }

  // MARK: Paths that go

  /// The job that was to open it has ended, and nobody wants it any more.
  private mutating func discard(
    _ socket: SocketID, at name: String, _ result: JobResult, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    let isOpen = result == .changed || result == .unchanged
    // What couldn't be opened may still be one that was passed.
    guard isOpen, name.hasPrefix("/") else { return turn.emit(.close(socket)) }
    unbind(socket, name, closes: true, &jobs, &turn)
  }

  /// Removes the path, for as long as it takes. `closes`: and then the socket is closed.
  mutating func unbind(
    _ socket: SocketID, _ path: String, closes: Bool, _ jobs: inout JobSchedule, _ turn: inout Turn
  ) {
    leaving[socket] = Leaving(path: path, closes: closes)
    submitUnbinding(socket, &jobs, &turn)
  }

  private mutating func submitUnbinding(_ socket: SocketID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    guard let path = leaving[socket]?.path, leaving[socket]?.isUnderWay == false else { return }
    leaving[socket]?.isUnderWay = jobs.submit(
      .unbindSocket(socket, path: path), for: .unbind(socket), isUrgent: true, &turn)
  }

  mutating func unbound(_ socket: SocketID, _ result: JobResult, _ turn: inout Turn) {
    guard var entry = leaving[socket] else { return }
    entry.isUnderWay = false
    guard case .failed = result else {
      leaving[socket] = nil
      if entry.closes { turn.emit(.close(socket)) }
      return
    }
    turn.agenda.set(.unbinding(socket), turn.now + entry.failures.next(Self.retries, random: &turn.random))
    leaving[socket] = entry
  }

  /// The job was dropped before it began, since its folder is stuck.
  mutating func unbindingDropped(_ socket: SocketID) { leaving[socket]?.isUnderWay = false }

  mutating func unbindingDue(_ socket: SocketID, _ jobs: inout JobSchedule, _ turn: inout Turn) {
    submitUnbinding(socket, &jobs, &turn)
  }

  var names: [String] { places.keys.sorted() }

  /// Sockets of an earlier process that nobody wants any more.
  mutating func dropUnclaimed(
    _ jobs: inout JobSchedule, _ store: inout StoreKeeper, _ turn: inout Turn
  ) {
    for (place, socket) in inherited.sorted(by: { $0.key < $1.key }) {
      store.forget(socketAt: place, &turn)
      if place.hasPrefix("/") {
        unbind(socket.socket, place, closes: true, &jobs, &turn)
      } else {
        turn.emit(.close(socket.socket))
      }
    }
    inherited = [:]
  }

  /// Removes the paths of all sockets, so that nobody new can come.
  mutating func unbindAll(_ jobs: inout JobSchedule, _ turn: inout Turn) {
    for (name, place) in places.sorted(by: { $0.key < $1.key })
    where !place.isActivated && !place.wanted.isMetrics {
      guard let socket = place.socket else { continue }
      turn.emit(.unwatch(path: name))
      unbind(socket, name, closes: false, &jobs, &turn)
    }
    for (name, socket) in inherited.sorted(by: { $0.key < $1.key }) where name.hasPrefix("/") {
      unbind(socket.socket, name, closes: false, &jobs, &turn)
    }
  }
}

extension SocketBook.Wanted {
  var profile: String? {
    if case .tokens(let profile, _) = role { profile } else { nil }
  }

  var isMetrics: Bool {
    if case .metrics = role { true } else { false }
  }
}

extension Configuration {
  /// The sockets that it wants, but for those that are left out.
  var sockets: [SocketBook.Wanted] {
    let leftOut = Set(leftOut.map(\.path))
    var wanted = profiles.filter { !leftOut.contains($0.socket.path) }.map { profile in
      SocketBook.Wanted(
        place: profile.socket.path, role: .tokens(profile: profile.name, profile.socket),
        ownership: Ownership(mode: profile.socket.mode, group: profile.socket.group?.id), isEssential: true)
    }
    if let path = api.socketPath, !leftOut.contains(path) {
      wanted.append(
        .init(
          place: path, role: .api(api), ownership: Ownership(mode: api.mode, group: api.group?.id),
          isEssential: false))
    }
    if let place = api.metricsListen {
      wanted.append(
        .init(
          place: place, role: .metrics(place: place), ownership: Ownership(mode: 0, group: nil),
          isEssential: false))
    }
    return wanted
  }
}
