import Glibc
import Synchronization
import Testing

/// Refreshes and reloads without end: what a daemon uses must not grow.
final class Soak: Sendable {
  private struct Sample {
    let at: Double
    let descriptors: Double
    let threads: Double
    let anonymousKilobytes: Double
  }

  private let bench: Bench
  private let simulator: Simulator

  init() async throws {
    bench = try Bench()
    simulator = try await bench.simulator(lifetime: 5)
    try configure(false)
  }

  private func configure(_ isOther: Bool) throws {
    let socket = isOther ? "wait = \"2s\"" : "wait = \"1s\""
    try bench.configure(
      bench.profile(
        at: simulator.port, refresh: "retry_min = \"200ms\"\nretry_max = \"400ms\"", socket: socket))
  }

  func run(seconds: Int) async throws -> CampaignSummary {
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    let began = monotonic()
    var samples: [Sample] = []
    var reloads = 0
    while monotonic() - began < Double(seconds) {
      for _ in 0..<3 {
        reloads += 1
        try configure(reloads % 2 == 0)
        daemon.process.send(SIGHUP)
        try await Task.sleep(for: .milliseconds(200))
        daemon.process.send(SIGUSR1)
        try await Task.sleep(for: .milliseconds(130))
        _ = try await Reader.read(bench.socket)
      }
      samples.append(sample(daemon.process.pid, at: monotonic() - began))
    }
    let refreshes = try simulator.requests().count
    let isRunning = daemon.process.poll() == nil
    // The first part is for caches to fill.
    let settled = samples.filter { $0.at > Double(seconds) / 3 }
    var violations: [String] = isRunning ? [] : ["the daemon ended:\n\(daemon.log.suffix(2000))"]
    var lines: [String] = []
    let measures: [(String, (Sample) -> Double, Double)] = [
      ("descriptors", { $0.descriptors }, 2), ("threads", { $0.threads }, 2),
      // Stacks and arenas of threads that come and go make steps of 8 MiB.
      ("anonymous memory, kB", { $0.anonymousKilobytes }, 16_384),
    ]
    for (name, value, allowed) in measures {
      let line = Line(settled.map { ($0.at, value($0)) })
      let hours = 3600.0
      lines.append(
        "  \(name): \(tenths(value(settled.first ?? samples[0]))) to \(tenths(value(settled.last ?? samples[0]))), "
          + "slope \(signed(line.slope * hours)) ± \(signed(line.error * hours)) an hour")
      let grown = line.slope * Double(seconds) * 2 / 3
      if line.slope > 3 * line.error, grown > allowed {
        violations.append("\(name) grew by \(tenths(grown))")
      }
    }
    return CampaignSummary(
      text: (["soak: \(seconds) s, tokens of 5 s"] + lines + violations.map { "  VIOLATION: \($0)" } + [
        "\(refreshes) refreshes, \(reloads) reloads, \(violations.count) violations"
      ]).joined(separator: "\n"), reads: samples.count * 3, violations: violations)
  }

  private func signed(_ number: Double) -> String { number < 0 ? "-\(tenths(-number))" : tenths(number) }

  private func sample(_ pid: pid_t, at moment: Double) -> Sample {
    let rollup = Files.text("/proc/\(pid)/smaps_rollup")
    let line = rollup.split(separator: "\n").first { $0.hasPrefix("Anonymous:") }
    let anonymous = line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return Sample(
      at: moment, descriptors: Double(Files.names(in: "/proc/\(pid)/fd").count),
      threads: Double(Files.names(in: "/proc/\(pid)/task").count), anonymousKilobytes: anonymous)
  }

  /// A straight line through points, by least squares, with the standard error of its slope.
  private struct Line {
    let slope: Double
    let error: Double

    init(_ points: [(x: Double, y: Double)]) {
      let count = Double(points.count)
      guard points.count > 2 else {
        slope = 0
        error = 0
        return
      }
      let meanX = points.reduce(0) { $0 + $1.x } / count
      let meanY = points.reduce(0) { $0 + $1.y } / count
      let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
      let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / max(spread, 1e-9)
      let rest = points.reduce(0.0) { sum, point in
        let off = point.y - meanY - slope * (point.x - meanX)
        return sum + off * off
      }
      self.slope = slope
      error = (rest / (count - 2) / max(spread, 1e-9)).squareRoot()
    }
  }
}
