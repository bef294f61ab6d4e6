import TokenCore

/// The end of the daemon, from top to bottom. After SIGTERM it goes on serving and asks the manager over the bus whether
/// this is a restart, for a second at most. If it is, everything stays for the next process; otherwise everything is
/// withdrawn. Whatever hangs is left behind after five more seconds.
struct Ending {
  /// For the one question.
  static let busPatience = Duration.seconds(1)
  /// For the sockets' paths.
  static let unbindingPatience = Duration.seconds(1)
  /// For servers that close and files that are removed.
  static let patience = Duration.seconds(5)
  /// A restart waits for nothing that could take longer.
  static let restartPatience = Duration.seconds(1)

  /// What to do next.
  enum Step: Equatable {
    case wait(until: BootTime)
    /// Remove the sockets' paths, so that nobody new comes.
    case unbind
    case drain(isRestart: Bool)
    /// The servers have closed, or have had their time: end if all files are gone, or have had theirs.
    case checkEmpty
    case nothing
  }

  private enum Phase {
    case asking(since: BootTime)
    case decided
    case unbinding(since: BootTime)
    case draining(since: BootTime, isDrained: Bool)
    case over
  }

  private var phase: Phase
  private(set) var isRestart = false
  let status: ExitStatus
  private(set) var isSaid = false

  /// SIGTERM came, and the manager is being asked.
  init(askingSince now: BootTime) {
    phase = .asking(since: now)
    status = .ok
  }

  /// There is nothing to ask. `isSaid`: why it ends has been said already.
  init(failedWith status: ExitStatus, isSaid: Bool) {
    phase = .decided
    self.status = status
    self.isSaid = isSaid
  }

  var isDraining: Bool {
    switch phase {
    case .asking, .decided, .unbinding: false
    case .draining, .over: true
    }
  }

  var hasExited: Bool { if case .over = phase { true } else { false } }

  mutating func busAnswered(_ job: ManagerJob) {
    guard case .asking = phase else { return }
    isRestart = job == .restart
    phase = .decided
  }

  /// The signal came again: nobody waits for the bus any longer.
  mutating func insist() { busAnswered(.unknown) }

  mutating func drained() {
    guard case .draining(let since, _) = phase else { return }
    phase = .draining(since: since, isDrained: true)
  }

  mutating func exited() { phase = .over }

  mutating func next(_ now: BootTime, isUnbound: Bool) -> Step {
    switch phase {
    case .asking(let since):
      guard now - since >= Self.busPatience else { return .wait(until: since + Self.busPatience) }
      busAnswered(.unknown)
      return next(now, isUnbound: isUnbound)
    case .decided:
      if isRestart { return drain(now) }
      phase = .unbinding(since: now)
      return .unbind
    case .unbinding(let since):
      // A reader that connects meanwhile is queued, and answered before the socket closes.
      return isUnbound || now - since >= Self.unbindingPatience
        ? drain(now) : .wait(until: since + Self.unbindingPatience)
    case .draining(_, let isDrained):
      return isDrained || isOver(now) ? .checkEmpty : .wait(until: wakeAt ?? now)
    case .over: return .nothing
    }
  }

  private mutating func drain(_ now: BootTime) -> Step {
    phase = .draining(since: now, isDrained: false)
    return .drain(isRestart: isRestart)
  }

  /// When the time for everything is over.
  var wakeAt: BootTime? {
    guard case .draining(let since, _) = phase else { return nil }
    return since + (isRestart ? Self.restartPatience : Self.patience)
  }

  func isOver(_ now: BootTime) -> Bool { wakeAt.map { $0 <= now } ?? true }
}
