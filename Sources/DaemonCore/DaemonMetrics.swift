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
