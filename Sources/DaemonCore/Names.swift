import TokenCore

/// Names of users and groups that didn't exist when the daemon started: looked up again every 30 s until they do.
struct Names {
  static let interval = Duration.seconds(30)

  private(set) var unresolved: [UnresolvedName] = []
  private var isLookingUp = false

  var texts: Set<String> { Set(unresolved.map(\.account.text)) }

  mutating func want(_ names: [UnresolvedName], _ turn: inout Turn) {
    unresolved = names
    turn.agenda.set(.names, names.isEmpty ? nil : turn.now + Self.interval)
    guard !names.isEmpty else { return }
    turn.log(.namesUnresolved(texts.sorted(), nextAt: turn.now + Self.interval))
  }

  mutating func due(_ jobs: inout JobSchedule, _ turn: inout Turn) {
    turn.agenda.set(.names, unresolved.isEmpty ? nil : turn.now + Self.interval)
    guard !isLookingUp, !unresolved.isEmpty else { return }
    let accounts = Set(unresolved.map(\.account)).sorted { $0.text < $1.text }
    isLookingUp = jobs.submit(.resolveNames(accounts), for: .names, &turn)
  }

  /// - Returns: the names that exist now, where there are any.
  mutating func ended(_ result: JobResult) -> [AccountName: UInt32] {
    isLookingUp = false
    guard case .names(let ids) = result else { return [:] }
    return ids.filter { id in unresolved.contains { $0.account == id.key } }
  }
}
