import TokenCore

/// A reload from top to bottom: read the configuration, see what it changes, prepare all that can fail, and then either
/// commit what can't, or roll back. The old configuration is in force until the last step. What came of it is announced
/// once the servers and the folders have answered that it is so. While the daemon starts, a changed configuration file is
/// taken in the same way; names that have come to exist are, too.
struct Reload {
  private enum Phase {
    case none
    case reading
    case preparing(Preparation)
    /// What follows from it is being done.
    case settling(Settling)
  }

  private enum Outcome {
    case applied(ReloadSummary)
    case refused([String])
  }

  /// How far what was decided has come into force.
  private struct Settling {
    let outcome: Outcome
    let since: BootTime
    /// Servers that haven't said that they have done it; `nil`: they haven't been asked yet.
    var unconfirmed: Set<Loop>?
  }

  /// The announcement waits so long for header files,
  private static let filePatience = Duration.seconds(1)
  /// and so long for sockets and servers: by then whatever hangs has been written off.
  private static let settlingPatience = JobSchedule.patience

  private struct Preparation {
    let new: Configuration
    let plan: ReloadPlan
    /// Jobs that haven't ended, by the socket's place.
    var pending: Set<String>
    /// Sockets that were opened for it.
    var opened: [String: SocketID] = [:]
    /// Sockets whose owner and mode were changed.
    var changed: [String] = []
    var failure: String?
  }

  /// What the reload needs of the daemon.
  struct Context {
    let path: String
    let isReady: Bool
    let ownGroup: UInt32
  }

  private var phase = Phase.none
  /// Somebody asked again meanwhile.
  private var isWantedAgain = false
  /// Tells the jobs of one reload from those of another that was given up.
  private var serial = 0
  /// Names that exist now, if they are what this is about and no file was read.
  private var names: [String]?

  var isUnderWay: Bool { if case .none = phase { false } else { true } }

  // MARK: 1. Somebody asks

  mutating func begin(
    _ context: Context, _ jobs: inout JobSchedule, _ profiles: inout Profiles, _ turn: inout Turn
  ) {
    guard !isUnderWay else {
      isWantedAgain = true
      return
    }
    if context.isReady { turn.notify(.reloading) }
    phase = .reading
    let job = Job.readConfiguration(path: context.path, isLenient: false)
    if !jobs.submit(job, for: .configuration, &turn) {
      refuse(["the folder of \(context.path) doesn't answer"], context, &profiles, &turn)
    }
  }

  // MARK: 2. The configuration is read

  /// - Returns: the configuration that is in force now, if it is another one.
  mutating func configurationRead(
    _ result: JobResult, _ current: Configuration, _ context: Context, _ jobs: inout JobSchedule,
    _ profiles: inout Profiles, _ sockets: inout SocketBook, _ turn: inout Turn
  ) -> Configuration? {
    guard case .reading = phase else { return nil }
    switch result {
    case .configuration(let new):
      return prepare(new, current, context, &jobs, &profiles, &sockets, &turn)
    case .refused(let reasons): refuse(reasons, context, &profiles, &turn)
    case .failed(let failure): refuse([failure.reason], context, &profiles, &turn)
    default: refuse(["\(context.path) can't be read"], context, &profiles, &turn)
    }
    return nil
  }

  /// Names of users and groups have come to exist.
  mutating func resolve(
    _ ids: [AccountName: UInt32], _ current: Configuration, _ context: Context, _ jobs: inout JobSchedule,
    _ profiles: inout Profiles, _ sockets: inout SocketBook, _ turn: inout Turn
  ) -> Configuration? {
    guard !isUnderWay, !ids.isEmpty else { return nil }
    names = ids.keys.map(\.text).sorted()
    return prepare(current.resolved(by: ids), current, context, &jobs, &profiles, &sockets, &turn)
  }

  // MARK: 3. Prepare: all that can fail

  /// Opens the sockets that are missing and gives the others their owner and mode.
  private mutating func prepare(
    _ new: Configuration, _ current: Configuration, _ context: Context, _ jobs: inout JobSchedule,
    _ profiles: inout Profiles, _ sockets: inout SocketBook, _ turn: inout Turn
  ) -> Configuration? {
    serial += 1
    var preparation = Preparation(new: new, plan: ReloadPlan(from: current, to: new), pending: [])
    for wanted in new.sockets where !wanted.isMetrics {
      if let reason = Self.conflict(sockets.wanted(at: wanted.place), wanted) {
        preparation.failure = reason
        break
      }
      let job: Job
      var opening: SocketID?
      if let socket = sockets.socket(at: wanted.place) {
        guard let old = sockets.wanted(at: wanted.place)?.ownership, old != wanted.ownership,
          !sockets.isActivated(at: wanted.place)
        else { continue }
        job = .inspectSocket(socket, path: wanted.place, wanted.ownership)
        preparation.changed.append(wanted.place)
      } else {
        let socket = sockets.newSocket()
        opening = socket
        job = .openSocket(
          SocketOpening(
            socket: socket, path: wanted.place, ownership: wanted.ownership, isInherited: false,
            isActivated: false))
      }
      let purpose = Purpose.reload(place: wanted.place, serial: serial, opening: opening)
      if jobs.submit(job, for: purpose, &turn) {
        preparation.pending.insert(wanted.place)
      } else {
        preparation.failure = "\(wanted.place): its folder doesn't answer"
        break
      }
    }
    phase = .preparing(preparation)
    return finishIfPrepared(context, &jobs, &profiles, &sockets, &turn)
  }

  /// Readers who are queued at a socket were let in by the old profile's mode, and would get the new one's header.
  private static func conflict(_ old: SocketBook.Wanted?, _ new: SocketBook.Wanted) -> String? {
    guard case .tokens(let from, let before) = old?.role, case .tokens(let to, let after) = new.role,
      from != to, before != after
    else { return nil }
    return "\(new.place) can't pass from profile \(from) to \(to) with other permissions in one step:"
      + " give \(to) another path, or reload twice"
  }

  /// A step of the preparation has ended; one of a reload that was given up is undone.
  mutating func prepared(
    _ place: String, serial: Int, opening: SocketID?, _ result: JobResult, _ context: Context,
    _ jobs: inout JobSchedule, _ profiles: inout Profiles, _ sockets: inout SocketBook, _ turn: inout Turn
  ) -> Configuration? {
    guard case .preparing(var preparation) = phase, serial == self.serial,
      preparation.pending.remove(place) != nil
    else {
      undo(place, opening, result, &jobs, &sockets, &turn)
      return nil
    }
    switch result {
    case .changed, .unchanged:
      if let opening { preparation.opened[place] = opening }
    case .failed(let failure): preparation.failure = failure.reason
    default: preparation.failure = "\(place) can't be used"
    }
    phase = .preparing(preparation)
    return finishIfPrepared(context, &jobs, &profiles, &sockets, &turn)
  }

  private mutating func finishIfPrepared(
    _ context: Context, _ jobs: inout JobSchedule, _ profiles: inout Profiles, _ sockets: inout SocketBook,
    _ turn: inout Turn
  ) -> Configuration? {
    guard case .preparing(let preparation) = phase, preparation.pending.isEmpty else { return nil }
    if let failure = preparation.failure {
      rollBack(preparation, &jobs, &sockets, &turn)
      refuse([failure], context, &profiles, &turn)
      return nil
    }
    return commit(preparation, context, &jobs, &profiles, &sockets, &turn)
  }

  // MARK: 4. Commit: what can't fail

  private mutating func commit(
    _ preparation: Preparation, _ context: Context, _ jobs: inout JobSchedule, _ profiles: inout Profiles,
    _ sockets: inout SocketBook, _ turn: inout Turn
  ) -> Configuration {
    let (new, plan) = (preparation.new, preparation.plan)
    profiles.setReadersGroups(new.readersGroups(ownGroup: context.ownGroup))
    profiles.setRemarks(new)
    turn.emit(.setLogLevel(new.logLevel))
    let wanted = new.sockets
    let places = Set(wanted.map(\.place))
    for name in plan.removed { profiles.remove(name, &jobs, &turn) }
    for place in sockets.names where !places.contains(place) {
      sockets.remove(place, &jobs, &profiles.store, &turn)
    }
    for profile in plan.added {
      profiles.add(profile, isReady: context.isReady, key: nil)
      profiles.announce(profile.name, &turn)
    }
    for socket in wanted {
      if socket.isMetrics {
        if sockets.wanted(at: socket.place) == nil { sockets.open(socket, &jobs, &turn) }
      } else {
        sockets.commit(socket, opened: preparation.opened[socket.place], &profiles.store, &turn)
      }
    }
    // An inspection that began before may have given one back its old owner and mode.
    for place in preparation.changed { sockets.verify(place, &jobs, &turn) }
    for change in plan.changed { profiles.apply(change, &jobs, &turn) }
    for profile in plan.added { profiles.begin(profile.name, nil, &jobs, &turn) }
    if names == nil { profiles.setRefusedReload(nil) }
    phase = .settling(Settling(outcome: .applied(plan.summary), since: turn.now))
    return new
  }

  // MARK: 5. Or roll back

  private func rollBack(
    _ preparation: Preparation, _ jobs: inout JobSchedule, _ sockets: inout SocketBook, _ turn: inout Turn
  ) {
    for (place, socket) in preparation.opened { sockets.unbind(socket, place, closes: true, &jobs, &turn) }
    for place in preparation.changed { sockets.verify(place, &jobs, &turn) }
  }

  private mutating func refuse(
    _ reasons: [String], _ context: Context, _ profiles: inout Profiles, _ turn: inout Turn
  ) {
    if names == nil { profiles.setRefusedReload(reasons.joined(separator: "; ")) }
    phase = .settling(Settling(outcome: .refused(reasons), since: turn.now))
  }

  // MARK: 6. Afterwards

  /// A server has done what it was told.
  mutating func confirmed(_ loop: Loop, _ serial: Int) {
    guard case .settling(var settling) = phase, serial == self.serial else { return }
    settling.unconfirmed?.remove(loop)
    phase = .settling(settling)
  }

  /// Announces the outcome once all of it is in force, or has had its time.
  ///
  /// - Returns: whether systemd is to be told that the reload is over.
  mutating func settle(
    areFilesQuiet: Bool, _ sockets: SocketBook, _ context: Context, _ turn: inout Turn
  ) -> Bool {
    guard case .settling(var settling) = phase else { return false }
    if settling.unconfirmed == nil, !sockets.isSettling {
      // A path is gone before its socket is closed, so the servers are asked after that.
      settling.unconfirmed = Loop.serving
      turn.emit(.confirm(serial))
    }
    phase = .settling(settling)
    let filesEnd = settling.since + Self.filePatience
    let end = settling.since + Self.settlingPatience
    let areFilesOver = areFilesQuiet || filesEnd <= turn.now
    let isInForce = settling.unconfirmed?.isEmpty ?? false
    guard areFilesOver && isInForce || end <= turn.now else {
      turn.agenda.set(.settling, areFilesOver ? end : filesEnd)
      return false
    }
    announce(settling, sockets, &turn)
    defer { names = nil }
    return context.isReady && names == nil
  }

  private mutating func announce(_ settling: Settling, _ sockets: SocketBook, _ turn: inout Turn) {
    turn.agenda.set(.settling, nil)
    phase = .none
    switch settling.outcome {
    case .refused(let reasons): for reason in reasons { turn.log(.reloadRefused(reason: reason)) }
    case .applied(var summary):
      if let names { return turn.log(.namesResolved(names)) }
      summary.late = sockets.unsettled + (settling.unconfirmed ?? []).map(\.server).sorted()
      turn.log(.reloadApplied(summary))
    }
  }

  /// - Returns: whether somebody asked again meanwhile.
  mutating func takeNext() -> Bool {
    guard !isUnderWay, isWantedAgain else { return false }
    isWantedAgain = false
    return true
  }

  /// The daemon stops.
  mutating func giveUp(_ jobs: inout JobSchedule, _ sockets: inout SocketBook, _ turn: inout Turn) {
    switch phase {
    case .preparing(let preparation): rollBack(preparation, &jobs, &sockets, &turn)
    case .settling(let settling): announce(settling, sockets, &turn)
    case .none, .reading: break
    }
    phase = .none
    names = nil
    isWantedAgain = false
    serial += 1
  }

  /// A step that has ended after its reload was given up.
  private func undo(
    _ place: String, _ opening: SocketID?, _ result: JobResult, _ jobs: inout JobSchedule,
    _ sockets: inout SocketBook, _ turn: inout Turn
  ) {
    guard let opening else { return sockets.verify(place, &jobs, &turn) }
    guard result == .changed || result == .unchanged else { return }
    sockets.unbind(opening, place, closes: true, &jobs, &turn)
  }
}

extension Loop {
  /// For a message: whose loop it is.
  fileprivate var server: String {
    switch self {
    case .readers: "the readers' thread"
    case .exchanges: "the exchanges' thread"
    case .http: "the HTTP server"
    }
  }
}
