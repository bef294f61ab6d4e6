/// The figures of one policy in one scenario.
struct FleetSummary {
  let policy: FleetPolicy
  let scenario: Scenario
  let hosts: Int
  /// Requests in the busiest second of the window.
  let peak: Int
  /// As many or fewer came in 99 of 100 seconds of the window.
  let percentile99: Int
  /// Requests per second in the busiest minute: with few hosts a second says more about chance.
  let busiestMinute: Double
  /// Seconds until 99 of 100 hosts had a token; `nil`: not within the window.
  let secondsUntil99: Int?

  init(_ record: FleetRecord, of run: FleetRun) {
    policy = run.policy
    scenario = run.scenario
    hosts = run.hosts
    let seconds = record.requests[run.scenario.window].map(Int.init)
    let sorted = seconds.sorted()
    peak = sorted.last ?? 0
    percentile99 = sorted[(sorted.count - 1) * 99 / 100]
    var inMinute = seconds.prefix(60).reduce(0, +)
    var most = inMinute
    for second in seconds.indices.dropFirst(60) {
      inMinute += seconds[second] - seconds[second - 60]
      most = max(most, inMinute)
    }
    busiestMinute = Double(most) / 60

    var there = 0
    let reached = record.returns.dropLast().firstIndex { count in
      there += Int(count)
      return there * 100 >= run.hosts * 99
    }
    secondsUntil99 = reached
  }

  var ideal: Double { scenario.ideal(hosts: hosts) }

  static let tableHead = """
    | hosts | | policy | peak /s | p99 /s | busiest minute /s | of the ideal | 99 % have a token |
    |---|---|---|---|---|---|---|---|
    """

  var tableRow: String {
    let until = secondsUntil99.map { $0 == 0 ? "never without" : "after \($0) s" } ?? "not in this time"
    let cells = [
      grouped(hosts), scenario.title, policy.title, grouped(peak), grouped(percentile99),
      figure(busiestMinute),
      "× " + figure(busiestMinute / ideal), until,
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }
}

/// With a comma after each three digits.
func grouped(_ number: Int) -> String {
  var digits = String(number)
  var end = digits.count - 3
  while end > 0 {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: end))
    end -= 3
  }
  return digits
}

/// Two significant digits below 10, whole numbers above.
func figure(_ number: Double) -> String {
  if number >= 10 { return grouped(Int(number.rounded())) }
  let tenths = Int((number * 100).rounded())
  return "\(tenths / 100).\(String(tenths % 100 + 100).dropFirst())"
}
