import Glibc
import Synchronization
import Testing

/// SIGKILL at random moments of start, refresh, file replacement and reload, as often as is asked for. After each the
/// unit's clean-up runs, and the next start must be as any other.
final class Kills: Sendable {
  private let seed: UInt64
  private let bench: Bench
  private let profile: ChaosProfile
  private let ledger = Ledger(secret: Bench.secret)

  init(seed: UInt64) async throws {
    self.seed = seed
    bench = try Bench()
    // Tokens of two seconds: a refresh and a file replacement each second.
    let simulator = try await bench.campaignSimulator("default", lifetime: 3)
    profile = ChaosProfile(
      name: "default", simulator: simulator, clientID: "default",
      secretPath: bench.campaignSecret("default"), folder: bench.runtime)
    let text = bench.profile(at: simulator.port, refresh: "at = 0.1\njitter = 0.0\nretry_min = \"100ms\"")
      .replacing("demo-client", with: "default").replacing(bench.secretPath, with: profile.secretPath)
    try bench.configure(text)
  }

  func run(kills: Int) async throws -> CampaignSummary {
    var random = CampaignRandom(seed: seed)
    let readers = ChaosReaders()
    readers.startFile(profile, ledger, pause: 300)
    var slowestStart = 0.0
    for number in 1...max(kills, 1) {
      let daemon = try bench.daemon(as: "daemon-\(number % 10)")
      let began = monotonic()
      // A third of them within the start itself.
      let waits = Int.random(in: 0..<3, using: &random) > 0
      if waits {
        try await eventually("a header after kill \(number - 1):\n\(daemon.log)", within: .seconds(30)) {
          let header = (try? await Reader.read(profile.socket)).flatMap { profile.known($0) }
          return header.map { $0.endsAt > timeOfDay() } ?? false
        }
        slowestStart = max(slowestStart, monotonic() - began)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: daemon.process.send(SIGHUP)
        case 1: daemon.process.send(SIGUSR1)
        default: break
        }
      }
      usleep(UInt32.random(in: 0..<(waits ? 300_000 : 60_000), using: &random))
      ledger.filesAreLeftAlone()
      daemon.process.send(SIGKILL)
      guard try await daemon.process.ended() == .killed(SIGKILL) else {
        ledger.note(violation: "kill \(number): it had ended by itself:\n\(daemon.log)")
        break
      }
      try await bench.cleanUp()
      for name in leftovers() { ledger.note(violation: "kill \(number) left \(name)") }
    }
    let last = try bench.daemon(as: "last")
    _ = try await Reader.firstHeader(profile.socket)
    if try await last.stop() != .exited(0) { ledger.note(violation: "the last stop failed:\n\(last.log)") }
    for name in leftovers() { ledger.note(violation: "the last stop left \(name)") }
    try await readers.stop()

    let totals = ledger.snapshot
    let lines =
      totals.violations.map { "  VIOLATION: \($0)" } + [
        "kills: seed \(seed), \(totals.reads) reads of the header file, slowest start until a header "
          + "\(tenths(slowestStart)) s",
        "\(kills) kills, \(totals.violations.count) violations",
      ]
    return CampaignSummary(
      text: lines.joined(separator: "\n"), reads: totals.reads, violations: totals.violations)
  }

  /// What nobody looks after any more. The sockets that a killed daemon had bound stay: without systemd nothing holds
  /// them open, and the next start takes their place.
  private func leftovers() -> [String] {
    Files.names(in: bench.runtime).filter { !$0.hasSuffix(".sock") && !$0.hasPrefix(".published") }
  }
}
