import TestSupport
import Testing
import TokenCore

@Suite("Waits after failures")
struct BackOffTests {
  private static func failing(_ cause: ExchangeFailure, times: Int, seed: UInt64) -> [Double] {
    var driver = MachineDriver()
    driver.random = SeededRandom(seed: seed)
    _ = driver.send(.started(held: nil))
    return (0..<times).map { _ in
      _ = driver.send(.failed(cause))
      let wait = driver.nextAttemptIn
      _ = driver.wakeWhenDue()
      return wait
    }
  }

  @Test("double from retry_min to retry_max, uniform in the upper half, never under retry_min")
  func transient() {
    var seen = Set<Double>()
    for seed in 1...200 as ClosedRange<UInt64> {
      let waits = Self.failing(.network(host: "h", reason: "refused"), times: 12, seed: seed)
      for (step, wait) in waits.enumerated() {
        let ceiling = min(300, Double(1 << step))
        #expect((max(1, ceiling / 2)...ceiling).contains(wait), "step \(step)")
      }
      seen.insert(waits[11])
    }
    #expect(seen.count > 190, "hosts that lost the same service spread, at the cap as well")
    #expect((seen.min() ?? 0) < 180 && (seen.max() ?? 0) > 270)
  }

  @Test("a throttled profile stays away for Retry-After and at most a tenth more")
  func throttled() {
    for seed in 1...50 as ClosedRange<UInt64> {
      let waits = Self.failing(.status(503, retryAfter: .seconds(100)), times: 5, seed: seed)
      #expect(waits.allSatisfy { (100...110).contains($0) })
    }
    let least = Self.failing(.status(429, retryAfter: .zero), times: 3, seed: 1)
    #expect(least.allSatisfy { $0 >= 1 })
  }

  @Test(
    "refused and misconfigured profiles wait rejected_retry",
    arguments: [
      ExchangeFailure.status(400, retryAfter: nil), .status(401, retryAfter: nil),
      .status(403, retryAfter: nil), .status(404, retryAfter: nil), .status(302, retryAfter: nil),
      .certificate(host: "h", reason: "unknown authority"), .credentialsUnavailable(reason: "gone"),
    ])
  func refused(cause: ExchangeFailure) {
    #expect(Self.failing(cause, times: 4, seed: 3) == [900, 900, 900, 900])
  }

  @Test(
    "every failure has its class",
    arguments: [
      (.timedOut(host: "h", after: .seconds(1)), .transient),
      (.shortage(reason: ""), .transient), (.nameResolution(host: "h", reason: ""), .transient),
      (.handshake(host: "h", reason: ""), .transient),
      (.certificateDates(host: "h", reason: ""), .transient), (.status(408, retryAfter: nil), .transient),
      (.status(425, retryAfter: nil), .transient), (.status(500, retryAfter: nil), .transient),
      (.status(503, retryAfter: nil), .transient), (.unusableAnswer(.empty), .transient),
      (.status(429, retryAfter: nil), .throttled(retryAfter: nil)),
      (.status(503, retryAfter: .seconds(3)), .throttled(retryAfter: .seconds(3))),
      (.status(500, retryAfter: .seconds(3)), .transient), (.status(401, retryAfter: nil), .rejected),
      (.status(405, retryAfter: nil), .misconfigured), (.status(307, retryAfter: nil), .misconfigured),
      (.status(422, retryAfter: nil), .misconfigured),
    ] as [(ExchangeFailure, FailureClass)])
  func classes(cause: ExchangeFailure, expected: FailureClass) {
    #expect(cause.failureClass == expected)
  }
}
