import Glibc
import Testing

/// The built daemon with three profiles and tokens of a few seconds, read on every path all the time, while faults
/// that a seed draws come over the services, the host, the daemon and its callers. Each read is judged by
/// ``Ledger``; after each fault a valid header must be back within the contract's bound.
final class Chaos: Sendable {
  /// Seconds; tokens live long enough for a refresh and short enough to end within a fault.
  static let lifetime = 6
  static let policy = """
    retry_min = "200ms"
    retry_max = "1s"
    rejected_retry = "2s"
    """
  static let timeout = 1.0
  /// The longest of `retry_max`, a Retry-After (2 s and a tenth) and `rejected_retry`; `timeout`; 1 s.
  static let bound = 2.2 + timeout + 1

  let seed: UInt64
  let ledger = Ledger(secret: Bench.secret)
  let host: ChaosHost

  init(seed: UInt64) async throws {
    self.seed = seed
    host = try await ChaosHost(ledger: ledger)
  }

  func run(seconds: Int) async throws -> CampaignSummary {
    var random = CampaignRandom(seed: seed)
    let delay = MachineDelay()
    try await host.start()
    try await host.recovered(within: Self.bound + 10)
    let before = try await host.restingUse()

    let readers = ChaosReaders()
    let pause = UInt32(seconds > 60 ? 2_000 : 8_000)
    for profile in host.profiles { readers.start(profile, api: host.api, ledger, pause: pause) }
    let possible = ChaosFault.allCases.filter { !$0.needsRoot || host.hasDisk }
    var kinds: [ChaosFault: Int] = [:]
    var slowest = 0.0
    let end = monotonic() + Double(seconds)
    var queue: [ChaosFault] = []
    while monotonic() < end {
      // Each kind comes once before any comes again; two or three come together now and then.
      if queue.isEmpty { queue = possible.shuffled(using: &random) }
      let faults = (0..<([1, 1, 2, 3].randomElement(using: &random) ?? 1)).compactMap { _ in queue.popLast() }
        // A simulator that is stopped can't be told anything, so this comes last and goes first.
        .sorted { $0 != .away && $1 == .away }
      for fault in faults {
        kinds[fault, default: 0] += 1
        try await host.inflict(fault, &random)
      }
      let time = Double.random(in: 0.3...2.5, using: &random)
      try await Task.sleep(for: .seconds(faults.contains(.away) ? Double(Self.lifetime) + 1 : time))
      for fault in faults.reversed() { try await host.lift(fault, delay: delay.seconds) }
      let limit = Self.bound + host.allowance(for: faults)
      let took = try await host.recovered(within: limit + delay.seconds + 30)
      slowest = max(slowest, took)
      if took > limit + delay.seconds {
        ledger.note(violation: "after \(faults.map(\.rawValue)): no header for \(took) s, \(limit) s allowed")
      }
    }
    try await readers.stop()

    try await host.restart()
    _ = try await host.recovered(within: 30)
    let after = try await host.restingUse()
    if after.descriptors > before.descriptors + 2 || after.threads > before.threads + 2 {
      ledger.note(violation: "it began with \(before) and ended with \(after)")
    }
    for violation in try host.policyViolations() { ledger.note(violation: violation) }
    if host.logHolds(Bench.secret) { ledger.note(violation: "the log holds the secret") }

    let totals = ledger.snapshot
    let count = kinds.values.reduce(0, +)
    let paths = totals.byPath.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let lines =
      [
        "chaos: seed \(seed), \(seconds) s, \(totals.headers) reads brought a header: \(paths.joined(separator: ", "))"
      ]
      + kinds.sorted { $0.key.rawValue < $1.key.rawValue }.map { "  \($0.value)  \($0.key.rawValue)" }
      + possible.filter { kinds[$0] == nil }.map { "  0  \($0.rawValue)" }
      + [
        "  slowest return of a header \(tenths(slowest)) s (bound \(tenths(Self.bound)) s, machine's delay "
          + "\(tenths(delay.seconds)) s); at rest before \(before), after \(after)"
      ]
      + totals.violations.map { "  VIOLATION: \($0)" }
      + [
        "\(totals.reads) reads, \(count) faults of \(kinds.count) kinds, \(totals.violations.count) violations"
      ]
    return CampaignSummary(
      text: lines.joined(separator: "\n"), reads: totals.reads, violations: totals.violations)
  }
}

func tenths(_ number: Double) -> String {
  let tenths = Int((number * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

/// SplitMix64: a seed repeats a campaign's choices.
struct CampaignRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
