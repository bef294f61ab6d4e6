/// Durations as systemd.time(7) writes them: `90s`, `1h30m`, `1.5h`, `2 days`. A unit is always needed.
package enum DurationText {
  /// Why a text is no duration.
  package enum Fault: Error, Equatable, Sendable {
    case empty
    case missingUnit
    case unknownUnit
    case malformed
    /// More than 292 years.
    case tooLong
  }

  /// In nanoseconds; months and years as systemd.time(7) counts them (30.44 and 365.25 days).
  private static let units: [(names: [String], nanoseconds: Int64)] = [
    (["ns", "nsec"], 1),
    (["us", "usec", "µs", "μs"], 1_000),
    (["ms", "msec"], 1_000_000),
    (["s", "sec", "second", "seconds"], second),
    (["m", "min", "minute", "minutes"], 60 * second),
    (["h", "hr", "hour", "hours"], 3_600 * second),
    (["d", "day", "days"], 86_400 * second),
    (["w", "week", "weeks"], 604_800 * second),
    (["M", "month", "months"], 2_629_800 * second),
    (["y", "year", "years"], 31_557_600 * second),
  ]
  private static let second: Int64 = 1_000_000_000

  /// Parses a sum of numbers with units, with or without spaces between them.
  package static func parse(_ text: String) throws(Fault) -> Duration {
    var rest = text[...].drop(while: isSpace)
    guard !rest.isEmpty else { throw .empty }
    var total: Int64 = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard number.first?.isNumber == true else { throw .malformed }
      rest = rest[number.endIndex...].drop(while: isSpace)
      let name = rest.prefix { $0.isLetter }
      rest = rest[name.endIndex...].drop(while: isSpace)
      guard !name.isEmpty else { throw rest.isEmpty ? .missingUnit : .malformed }
      guard let unit = units.first(where: { $0.names.contains(String(name)) }) else { throw .unknownUnit }
      let (sum, overflow) = total.addingReportingOverflow(try multiply(number, unit.nanoseconds))
      guard !overflow else { throw .tooLong }
      total = sum
    }
    return .nanoseconds(total)
  }

  /// `1h 30min`, `500ms`: from days down to nanoseconds, without parts that are zero.
  package static func format(_ duration: Duration) -> String {
    let parts = duration.components
    guard duration > .zero else { return duration == .zero ? "0s" : "-" + format(.zero - duration) }
    let wholes: [(Int64, String)] = [
      (parts.seconds / 86_400, "d"), (parts.seconds / 3_600 % 24, "h"), (parts.seconds / 60 % 60, "min"),
      (parts.seconds % 60, "s"),
    ]
    let nanoseconds = parts.attoseconds / 1_000_000_000
    let fractions: [(Int64, String)] = [
      (nanoseconds / 1_000_000, "ms"), (nanoseconds / 1_000 % 1_000, "us"), (nanoseconds % 1_000, "ns"),
    ]
    let text = (wholes + fractions).filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }
    return text.isEmpty ? "0s" : text.joined(separator: " ")
  }

  private static func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }

  private static func multiply(_ number: Substring, _ unit: Int64) throws(Fault) -> Int64 {
    let halves = number.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2, halves.last?.isEmpty == false else { throw .malformed }
    guard let whole = Int64(halves[0]) else { throw .tooLong }
    var (total, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow else { throw .tooLong }
    guard halves.count == 2 else { return total }
    var place = unit
    for digit in halves[1] {
      place /= 10
      (total, overflow) = total.addingReportingOverflow(place * Int64(digit.wholeNumberValue ?? 0))
      guard !overflow else { throw .tooLong }
    }
    return total
  }
}

extension DurationText.Fault: CustomStringConvertible {
  /// What a duration must be, as the end of a sentence that names the setting.
  package var description: String {
    switch self {
    case .empty, .malformed: "must be a duration such as \"90s\" or \"1h30m\""
    case .missingUnit: "must be a duration with a unit, such as \"90s\" or \"5m\""
    case .unknownUnit: "must be a duration in ms, s, m, h, d or w, such as \"90s\" or \"1h30m\""
    case .tooLong: "must be a duration of less than 292 years"
    }
  }
}
