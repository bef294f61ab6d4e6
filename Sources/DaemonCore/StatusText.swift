import TokenCore

/// The one line that `systemctl status` shows: what readers of each profile get, and what comes next. It is made at most
/// once a second, of the profiles in trouble and no others where there are many.
struct StatusText {
  /// More profiles than this are counted instead of named.
  static let mostNamed = 5
  static let interval = Duration.seconds(1)

  private var troubled: Set<String> = []
  private var shown = ""
  private var shownAt: BootTime?
  private var isDirty = true
  /// Why the last reload was refused; `nil` where it was applied.
  var refusedReload: String? { didSet { isDirty = isDirty || refusedReload != oldValue } }

  mutating func note(_ profile: String, isTroubled: Bool) {
    isDirty = true
    if isTroubled { troubled.insert(profile) } else { troubled.remove(profile) }
  }

  mutating func forget(_ profile: String) {
    isDirty = true
    troubled.remove(profile)
  }

  mutating func touch() { isDirty = true }

  /// When the text is to be made, if it is to be.
  func dueAt(_ now: BootTime) -> BootTime? {
    isDirty ? shownAt.map { max(now, $0 + Self.interval) } ?? now : nil
  }

  /// What a text is made for.
  enum Occasion {
    /// Something may have changed: only another text than the last is of use.
    case change
    /// The text goes with another message.
    case ready
    /// The daemon gives up: nothing comes next until somebody changes something.
    case givingUp
  }

  mutating func text(
    of runners: [String: ProfileRunner], _ trouble: [String], for occasion: Occasion, _ reading: ClockReading
  ) -> String? {
    isDirty = false
    let text = make(runners, trouble, isOver: occasion == .givingUp, reading)
    guard text != shown || occasion != .change else { return nil }
    shown = text
    shownAt = reading.now
    return text
  }

  private func make(
    _ runners: [String: ProfileRunner], _ trouble: [String], isOver: Bool, _ reading: ClockReading
  ) -> String {
    var parts: [String] = []
    if let refusedReload { parts.append("reload refused: \(refusedReload)") }
    parts += trouble
    let isSmall = runners.count <= Self.mostNamed
    if !isSmall { parts.append("\(runners.count - troubled.count) of \(runners.count) profiles are well") }
    let names = isSmall ? runners.keys.sorted() : Self.first(Self.mostNamed, of: troubled)
    parts += names.compactMap { name in runners[name].map { "\(name): \(state(of: $0, isOver, reading))" } }
    if !isSmall, troubled.count > Self.mostNamed {
      parts.append("and \(troubled.count - Self.mostNamed) more in trouble")
    }
    return parts.joined(separator: " | ")
  }

  /// The first few in alphabetical order, without sorting all.
  private static func first(_ count: Int, of names: Set<String>) -> [String] {
    var first: [String] = []
    for name in names where first.count < count || name < first[first.count - 1] {
      first.insert(name, at: first.firstIndex { name < $0 } ?? first.count)
      if first.count > count { first.removeLast() }
    }
    return first
  }

  private func state(of runner: ProfileRunner, _ isOver: Bool, _ reading: ClockReading) -> String {
    let held = runner.token.map { "valid until \(reading.timestamp($0.deadline))" } ?? "no token"
    if let failure = runner.lastFailure {
      if isOver { return "\(held), \(failure.failureClass.name): \(failure.cause)" }
      let next = runner.nextAttempt.map { "next attempt at \(reading.timestamp($0))" } ?? "trying now"
      return "\(held), \(failure.failureClass.name): \(failure.cause), \(next)"
    }
    if let begins = runner.becomesValidAt {
      return "\(held), a new one becomes valid at \(reading.timestamp(begins))"
    }
    if runner.isRequesting { return "\(held), authenticating" }
    return held + (runner.nextAttempt.map { ", next refresh at \(reading.timestamp($0))" } ?? "")
  }
}
