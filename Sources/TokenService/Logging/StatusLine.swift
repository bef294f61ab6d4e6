import TokenCore

/// The one line that `systemctl status` shows: what readers of each profile get, and what comes next.
enum StatusLine {
  /// More profiles than this are counted instead of named.
  private static let mostNamed = 5

  static func text(
    _ profiles: [(name: String, machine: TokenMachine)], refusedReload: String?, _ moment: ClockReading
  ) -> String {
    let troubled = profiles.filter { $0.machine.token == nil || $0.machine.lastFailure != nil }
    let calm = profiles.count - troubled.count
    let named = profiles.count <= mostNamed ? profiles : Array(troubled.prefix(mostNamed))
    var parts = named.map { "\($0.name): \(state(of: $0.machine, moment))" }
    if profiles.count > mostNamed {
      parts.insert("\(calm) of \(profiles.count) profiles are well", at: 0)
      if troubled.count > mostNamed { parts.append("and \(troubled.count - mostNamed) more in trouble") }
    }
    if let refusedReload { parts.insert("reload refused: \(refusedReload)", at: 0) }
    return parts.joined(separator: " | ")
  }

  private static func state(of machine: TokenMachine, _ moment: ClockReading) -> String {
    let held = machine.token.map { "valid until \(moment.timestamp($0.deadline))" } ?? "no token"
    if let failure = machine.lastFailure {
      let next = machine.nextAttempt.map { "next attempt at \(moment.timestamp($0))" } ?? "trying now"
      return "\(held), \(failure.failureClass.name): \(failure.cause), \(next)"
    }
    if machine.isRequesting { return "\(held), authenticating" }
    return held + (machine.nextAttempt.map { ", next refresh at \(moment.timestamp($0))" } ?? "")
  }
}
