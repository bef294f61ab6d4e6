package import TokenCore

/// What a monitoring system is told, but for what the servers count themselves.
package struct DaemonMetrics: Equatable, Sendable {
  package struct Profile: Equatable, Sendable {
    package let state: ProfileState
    package let statistics: ExchangeStatistics

    package init(state: ProfileState, statistics: ExchangeStatistics) {
      self.state = state
      self.statistics = statistics
    }
  }

  /// In order of names.
  package let profiles: [Profile]
  package let trouble: Trouble

  package init(profiles: [Profile], trouble: Trouble) {
    self.profiles = profiles
    self.trouble = trouble
  }
}

/// What was written off, now, unless it says otherwise: the daemon goes on without it.
package struct Trouble: Equatable, Sendable {
  /// Folders (and `users and groups`, `the bus`) in which a job hangs.
  package var stuck: Set<String> = []
  /// Folders that are polled, since they can't be watched.
  package var polledFolders: Set<String> = []
  /// Sockets and files that aren't served, by path.
  package var leftOut: Set<String> = []
  /// Names of users and groups that don't exist yet.
  package var unresolvedNames: Set<String> = []
  /// Exchanges that wait for a slot.
  package var waitingExchanges = 0
  package var exchangesInFlight = 0
  /// Lines of the log that were dropped since the start of this process.
  package var droppedLogLines = 0
  /// The manager doesn't take what it is to keep.
  package var isStoreStuck = false
  /// Files that don't hold what they should.
  package var failingFiles = 0
  /// Jobs that were written off since the start of this process.
  package var jobsWrittenOff = 0

  package init() {}
}

extension Trouble {
  /// For the status line, a short sentence each.
  var sentences: [String] {
    var sentences: [String] = []
    if !stuck.isEmpty { sentences.append("no answer from \(Self.list(stuck))") }
    if isStoreStuck { sentences.append("systemd doesn't take what it is to keep") }
    if !leftOut.isEmpty { sentences.append("not served: \(Self.list(leftOut))") }
    if !unresolvedNames.isEmpty { sentences.append("unknown users or groups: \(Self.list(unresolvedNames))") }
    if !polledFolders.isEmpty { sentences.append("looked at every 10 s: \(Self.list(polledFolders))") }
    if droppedLogLines > 0 { sentences.append("\(droppedLogLines) lines of the log were dropped") }
    return sentences
  }

  private static func list(_ names: Set<String>) -> String {
    let sorted = names.sorted()
    let shown = sorted.prefix(3).joined(separator: ", ")
    return sorted.count > 3 ? "\(shown) and \(sorted.count - 3) more" : shown
  }
}
