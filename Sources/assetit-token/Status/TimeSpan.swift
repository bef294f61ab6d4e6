/// A time that people read at a glance: its two largest units.
enum TimeSpan {
  private static let units: [(name: String, seconds: Int64)] = [
    ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1),
  ]

  /// `2d 4h`, `17h 3min`, `45s`; below zero it is `0s`.
  static func text(_ seconds: Int64) -> String {
    var rest = max(0, seconds)
    guard let first = units.firstIndex(where: { rest >= $0.seconds }) else { return "0s" }
    let parts = units[first...].prefix(2).compactMap { unit -> String? in
      let count = rest / unit.seconds
      rest %= unit.seconds
      return count == 0 ? nil : "\(count)\(unit.name)"
    }
    return parts.joined(separator: " ")
  }
}
