import TestSupport
import Testing
import TokenCore

@Suite("Answers that refuse while a token is held")
struct RefusalTests {
  /// What is asked, by seconds from the first refusal to the token's end, if every answer is `cause`.
  private static func tries(
    left: Double, _ cause: ExchangeFailure = .status(401, retryAfter: nil), seed: UInt64 = 1,
    _ change: (inout RefreshPolicy) -> Void = { _ in }
  ) -> [Double] {
    var driver = MachineDriver(change)
    driver.random = SeededRandom(seed: seed)
    driver.hold("a", lifetime: .seconds(left * 2))
    let end = driver.now + .seconds(left * 2)
    driver.now = end - .seconds(left)
    if !driver.send(.refreshWanted(.requested)).contains(.authenticate) { _ = driver.wakeWhenDue() }
    _ = driver.send(.failed(cause))
    let first = driver.now
    var tries: [Double] = []
    while let due = driver.machine.nextAttempt, due < end {
      driver.now = due
      if driver.send(.woke).contains(.authenticate) { tries.append((due - first).inSeconds) }
      _ = driver.send(.failed(cause))
    }
    return tries
  }

  @Test(
    "are tried again after each fifth of what was left, five times at most",
    arguments: [
      ExchangeFailure.status(400, retryAfter: nil), .status(401, retryAfter: nil),
      .status(403, retryAfter: nil), .status(404, retryAfter: nil), .status(302, retryAfter: nil),
      .gatewayPage(403), .certificate(host: "h", reason: "unknown authority"),
      .credentialsUnavailable(reason: "gone"),
    ])
  func fifths(cause: ExchangeFailure) {
    for seed in 1...20 as ClosedRange<UInt64> {
      let tries = Self.tries(left: 3000, cause, seed: seed)
      #expect(tries.count == 5, "\(tries)")
      for (earlier, later) in zip([0] + tries, tries) {
        #expect((540...660).contains(later - earlier) || later == 2940, "\(tries)")
      }
    }
  }

  @Test("come after rejected_retry first, if that is sooner")
  func sooner() {
    let tries = Self.tries(left: 36_000) { $0.rejectedRetry = .seconds(100) }
    #expect(tries.count == 5)
    #expect((90...110).contains(tries[0]))
    #expect((6480...7920).contains(tries[1] - tries[0]))
  }

  @Test("are never closer than retry_min")
  func least() {
    let tries = Self.tries(left: 20) { $0.retryMin = .seconds(7) }
    for (earlier, later) in zip([0] + tries, tries) { #expect(later - earlier >= 7) }
    #expect((1...3).contains(tries.count))
  }

  @Test("wait for rejected_retry once nothing is held any more")
  func nothingHeld() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(1000))
    var waits: [Double] = []
    for _ in 0..<12 {
      _ = driver.wakeWhenDue()
      guard driver.machine.isRequesting else { continue }
      _ = driver.send(.failed(.status(401, retryAfter: nil)))
      if driver.machine.token == nil { waits.append(driver.nextAttemptIn) }
    }
    #expect(waits.count > 2 && waits.allSatisfy { $0 == 900 }, "\(waits)")
  }

  @Test("demanded refreshes in between take no try away")
  func demands() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(100_000))
    _ = driver.wakeWhenDue()
    _ = driver.send(.failed(.status(401, retryAfter: nil)))
    let planned = driver.machine.nextAttempt
    for _ in 0..<8 {
      let actions = driver.send(.refreshWanted(.requested), after: .seconds(61))
      guard actions.contains(.authenticate) else { continue }
      _ = driver.send(.failed(.status(401, retryAfter: nil)))
    }
    #expect(driver.machine.nextAttempt == planned)
  }

  @Test("one good answer in between is enough: the token never ends")
  func hiccup() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(600))
    _ = driver.wakeWhenDue()
    _ = driver.send(.failed(.status(403, retryAfter: nil)))
    #expect(driver.wakeWhenDue() == [.authenticate])
    #expect(driver.send(.granted(grant("b", .seconds(600)))).published?.token == Secret("b"))
  }

  @Test("a gateway's page has the grace of a wrong path before READY, and is misconfigured afterwards")
  func gatewayPage() {
    var driver = MachineDriver(isReady: false)
    _ = driver.send(.started(held: nil))
    let early = driver.send(.failed(.gatewayPage(403)), after: .seconds(1)).failure
    #expect(early?.failureClass == .transient)
    driver.now = driver.now + .seconds(30)
    _ = driver.send(.woke)
    #expect(driver.send(.failed(.gatewayPage(403))).failure?.failureClass == .misconfigured)
  }
}
