import TokenCore

/// What a life has seen, for the summary.
package struct LifeStatistics: Sendable {
  package var events = 0
  package var effects = 0
  package var length = Duration.zero
  package var slowestRecovery = Duration.zero
  package private(set) var counts: [String: Int] = [:]

  package mutating func count(_ kind: String) { counts[kind, default: 0] += 1 }

  package mutating func add(_ other: LifeStatistics) {
    events += other.events
    effects += other.effects
    length += other.length
    slowestRecovery = max(slowestRecovery, other.slowestRecovery)
    counts.merge(other.counts, uniquingKeysWith: +)
  }
}

/// Lives one life, and shortens one that breaks a rule.
package enum Life {
  package struct Outcome: Sendable {
    package let statistics: LifeStatistics
    package let violation: Violation?
    /// When it was broken, since the life began.
    package let at: Duration
    /// The last inputs and effects before it was.
    package let trace: [String]
  }

  /// `traced`: the outcome has the last inputs and effects.
  package static func live(_ plan: Plan, traced: Bool = false) -> Outcome {
    let world = World(plan)
    if traced { world.trace = [] }
    let begun = world.now
    world.live()
    var statistics = world.statistics
    statistics.slowestRecovery = world.checker.slowestRecovery
    return Outcome(
      statistics: statistics, violation: world.checker.violation, at: world.now - begun,
      trace: world.trace?.suffix(60) ?? [])
  }

  /// Lives that are lived to shorten one, and the events in all of them.
  private static let mostTries = 300
  private static let mostEvents = 3_000_000

  /// The shortest life that still breaks a rule: parts of what happens are left out for as long as it does.
  package static func shorten(_ plan: Plan) -> Plan {
    var best = plan
    // Nothing after the moment matters.
    if let at = Optional(live(plan)).flatMap({ $0.violation == nil ? nil : $0.at }) {
      best.items.removeAll { $0.at > at }
    }
    var (tries, events) = (0, 0)
    var size = max(1, plan.items.count / 2)
    while size > 0 {
      var index = 0
      var isShorter = false
      while index < best.items.count, tries < mostTries, events < mostEvents {
        tries += 1
        var candidate = best
        candidate.items.removeSubrange(index..<min(index + size, best.items.count))
        let outcome = live(candidate)
        events += outcome.statistics.events
        if outcome.violation != nil {
          best = candidate
          isShorter = true
        } else {
          index += size
        }
      }
      if !isShorter || size > 1 { size /= 2 }
    }
    return best
  }
}
