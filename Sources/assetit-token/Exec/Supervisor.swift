/// Decides what happens to a command while headers come and go. Pure: whoever drives it performs the actions.
struct Supervisor {
  /// What a new header means to the command.
  enum OnRefresh: Equatable, Sendable {
    /// It is ended and started again with the new one in its environment.
    case restart
    /// It gets this signal, and reads the new one itself.
    case signal(Int32)
  }

  enum Event: Equatable {
    /// A header other than the one before.
    case newHeader
    /// This process was sent it, alone.
    case signal(Int32)
    /// So was the command: the terminal sends to all of its foreground.
    case terminalSignal(Int32)
    case ended(ChildEnding)
    /// The command was told to end, and hasn't in ``patience``.
    case patienceEnded
  }

  enum Action: Equatable {
    /// With the newest header in its environment.
    case start
    case send(Int32)
    /// `.patienceEnded` is wanted after ``patience``, unless the command ends before.
    case startTimer
    case finish(exitCode: Int32)
  }

  private enum State {
    case running
    /// It has been told to end, to be started again.
    case restarting
    /// It ends because somebody told this process to.
    case ending
  }

  static let patience = Duration.seconds(10)
  private static let endingSignals: [Int32] = [15, 2, 3]

  let onRefresh: OnRefresh
  private var state = State.running

  init(onRefresh: OnRefresh) {
    self.onRefresh = onRefresh
  }

  mutating func handle(_ event: Event) -> [Action] {
    switch (event, state) {
    case (.newHeader, .running):
      switch onRefresh {
      case .signal(let signal): return [.send(signal)]
      case .restart:
        state = .restarting
        return [.send(15), .startTimer]
      }
    case (.newHeader, .restarting), (.newHeader, .ending):
      // It is started with the newest, or not at all.
      return []
    case (.signal(let signal), _):
      note(signal)
      return [.send(signal)]
    case (.terminalSignal(let signal), _):
      note(signal)
      return []
    case (.patienceEnded, .restarting), (.patienceEnded, .ending):
      return [.send(9)]
    case (.patienceEnded, .running):
      return []
    case (.ended, .restarting):
      state = .running
      return [.start]
    case (.ended(let ending), .running), (.ended(let ending), .ending):
      return [.finish(exitCode: ending.exitCode)]
    }
  }

  /// Who ends a command that is about to be started again doesn't want that.
  private mutating func note(_ signal: Int32) {
    if Self.endingSignals.contains(signal), case .restarting = state { state = .ending }
  }
}
