import ArgumentParser
import Glibc

/// `make fleet`: what an Authentication endpoint sees of a fleet of hosts with one credential.
@main
struct FleetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assetit-fleet",
    abstract: "Lets fleets of hosts live under a virtual clock and counts their requests for tokens.")

  @Option(help: "How many hosts; may be given again.")
  var hosts: [Int] = [10_000]

  @Option(help: "Where random numbers begin.")
  var seed: UInt64 = 1

  @Option(help: "Write a plot of the largest fleet to this file (SVG).")
  var plot: String?

  func validate() throws {
    guard hosts.allSatisfy({ (100...10_000_000).contains($0) }) else {
      throw ValidationError("--hosts: between 100 and 10000000")
    }
  }

  func run() async throws {
    print("Token life 1 day, seed \(seed)\n\n\(FleetSummary.tableHead)")
    let largest = hosts.max() ?? 0
    var plots: [FleetPlot] = []
    for count in hosts {
      for scenario in Scenario.allCases {
        var drawing = scenario.plot(hosts: count)
        for policy in FleetPolicy.allCases {
          let run = FleetRun(policy: policy, scenario: scenario, hosts: count, seed: seed)
          let record = await run.record()
          print(FleetSummary(record, of: run).tableRow)
          fflush(nil)
          drawing?.add(policy, record.requests[scenario.plotted])
        }
        if count == largest, let drawing { plots.append(drawing) }
      }
    }
    printLimits()
    if let plot { try write(FleetPlot.document(plots), to: plot) }
  }

  /// What one credential with a limit can carry when all tokens have ended.
  private func printLimits() {
    print(
      "\n| tokens a minute | hosts | policy | 99 % have a token after | the limit alone takes | requests a token |"
    )
    print("|---|---|---|---|---|---|")
    for perMinute in [60, 600] {
      for count in [1000, 10_000] {
        for policy in [FleetPolicy.tokend, .vault, .spire] {
          let result = LimitedRun(policy: policy, hosts: count, perMinute: perMinute, seed: seed).result()
          let least = count * 99 / 100 * 60 / perMinute
          print(
            "| \(perMinute) | \(grouped(count)) | \(policy.title) | \(grouped(result.secondsUntil99)) s"
              + " | \(grouped(least)) s | \(figure(result.requestsPerToken)) |")
        }
      }
    }
  }

  private func write(_ text: String, to path: String) throws(UnwritablePlot) {
    guard let file = fopen(path, "w") else { throw UnwritablePlot(path: path, errno: errno) }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw UnwritablePlot(path: path, errno: errno) }
  }
}

/// The plot could not be written to its file.
struct UnwritablePlot: Error, CustomStringConvertible {
  let path: String
  let errno: Int32

  var description: String { "the plot cannot be written to \(path): \(String(cString: strerror(errno)))" }
}

extension Scenario {
  /// The seconds that are drawn.
  var plotted: Range<Int> {
    switch self {
    case .together: 0..<Self.day + Self.day / 4
    case .longOutage: 4 * Self.day + 1740..<4 * Self.day + 2400
    case .overDay, .shortOutage: 0..<0
    }
  }

  func plot(hosts: Int) -> FleetPlot? {
    switch self {
    case .together:
      FleetPlot(
        title: "\(grouped(hosts)) hosts started together: requests in the worst second of each 5 minutes",
        step: 300,
        unit: ("hours", 3600), ideal: ideal(hosts: hosts))
    case .longOutage:
      FleetPlot(
        title: "\(grouped(hosts)) hosts after 2 days of outage, which ends after the first minute", step: 5,
        unit: ("minutes", 60), ideal: ideal(hosts: hosts))
    case .overDay, .shortOutage: nil
    }
  }
}
