import DaemonSimulation
import Testing

/// The short form of `make simulate`.
@Suite("Whole lives of the daemon")
struct SimulationTests {
  @Test("break no rule, whatever happens to them", arguments: 0..<4)
  func lives(quarter: UInt64) {
    for seed in (1 + quarter * 5)...(5 + quarter * 5) {
      let outcome = Life.live(Plan(seed: seed))
      #expect(outcome.violation == nil, "seed \(seed), repeat it with: make simulate LIVES=1 SEED=\(seed)")
      #expect(outcome.statistics.counts["ready", default: 0] > 0, "seed \(seed)")
    }
  }
}
