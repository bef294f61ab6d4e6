import TokenCore

/// What happens to a fleet, in virtual time. Moments are seconds from the beginning.
enum Scenario: CaseIterable {
  case together, overDay, shortOutage, longOutage

  static let day = 86_400
  /// How long a token lives: the one public token of AssetIT's vendor was good for a day.
  static let lifetime = Duration.seconds(day)
  /// In which hosts should be back after an outage; `retry_max`.
  static let returnWindow = 300

  var title: String {
    switch self {
    case .together: "started together"
    case .overDay: "started over a day"
    case .shortOutage: "after 10 min of outage"
    case .longOutage: "after 2 days of outage"
    }
  }

  /// When the service answers nobody.
  var outage: Range<Int>? {
    switch self {
    case .together, .overDay: nil
    // Across a full hour, so that cron has its share.
    case .shortOutage: 2 * Self.day - 300..<2 * Self.day + 300
    // Over at half past the hour, as outages are.
    case .longOutage: 2 * Self.day + 1800..<4 * Self.day + 1800
    }
  }

  /// The seconds in which requests are judged.
  var window: Range<Int> {
    switch self {
    // The first minute is as the hosts come: a host without a token asks at once, under every policy but cron's.
    case .together: 60..<2 * Self.day
    case .overDay: 2 * Self.day..<3 * Self.day
    case .shortOutage, .longOutage:
      (outage?.upperBound ?? 0)..<(outage?.upperBound ?? 0) + 2 * 3600
    }
  }

  func startOf(_ random: inout SeededRandom) -> BootTime {
    let span = self == .together ? 1.0 : Double(Self.day)
    return .zero.after(random.between(0, span))
  }

  /// Requests per second of a fleet that does it as well as can be: each host once in a token's life, evenly; and
  /// after an outage those whose token ended or would have been replaced meanwhile, evenly in 300 s.
  func ideal(hosts: Int) -> Double {
    let steady = Double(hosts) / Double(Self.day)
    guard let outage else { return steady }
    return steady + steady * Double(min(outage.count, Self.day)) / Double(Self.returnWindow)
  }
}
