import TestSupport
import Testing

@testable import TokenCore

@Suite("When a token is replaced")
struct RefreshPolicyTests {
  @Test(
    "within at ± jitter, never in the last 60 s or the last fifth of a short life",
    arguments: [
      (3600.0, 0.5, 0.1, 1440.0...2160.0), (3600, 0.9, 0.1, 2880...3540), (60, 0.5, 0.1, 24...36),
      (60, 0.9, 0.05, 42...48), (299, 0.9, 0.1, 179.4...239.2), (300, 0.9, 0.05, 210...240),
      (86_400, 0.5, 0, 43_200...43_200), (1, 0.5, 0.1, 1...1),
    ] as [(Double, Double, Double, ClosedRange<Double>)])
  func bounds(lifetime: Double, at: Double, jitter: Double, expected: ClosedRange<Double>) {
    var policy = RefreshPolicy()
    policy.at = at
    policy.jitter = jitter
    var random = SeededRandom(seed: 1)
    let delays = (0..<2000).map { _ in
      policy.refreshDelay(lifetime: .seconds(lifetime), isIssueKnown: true, random: &random).inSeconds
    }
    let (least, most) = (delays.min() ?? -1, delays.max() ?? -1)
    let tolerance = 1e-6
    #expect(least >= expected.lowerBound - tolerance && most <= expected.upperBound + tolerance)
    let width = expected.upperBound - expected.lowerBound
    #expect(least <= expected.lowerBound + width / 50 + tolerance, "the whole interval is used")
    #expect(most >= expected.upperBound - width / 50 - tolerance, "the whole interval is used")
  }
}
