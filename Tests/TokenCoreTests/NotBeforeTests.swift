import Testing
import TokenCore

@Suite("A token that becomes valid later (nbf)")
struct NotBeforeTests {
  private static func early(_ name: String, after: Duration, _ lifetime: Duration) -> TokenGrant {
    TokenGrant(token: Secret(name), lifetime: lifetime, validAfter: after, issuedAt: 1)
  }

  @Test("is published then; the old one serves until its end, and nothing in between")
  func published() {
    var driver = MachineDriver()
    driver.hold("old", lifetime: .seconds(1000))
    _ = driver.wakeWhenDue()
    let end = driver.machine.token?.deadline ?? driver.now
    let begins = end + .seconds(50)
    let reports = driver.send(.granted(Self.early("new", after: begins - driver.now, .seconds(9000))))
    guard case .report(.postponed(let held, begins, afterFailures: 0))? = reports.first else {
      Issue.record("\(reports)")
      return
    }
    #expect(driver.machine.token?.token == Secret("old"))
    #expect(driver.machine.becomesValidAt == begins)
    #expect(driver.wakeWhenDue() == [.withdraw, .report(.expired(nextAttempt: begins))])
    #expect(driver.now == end)
    #expect(driver.wakeWhenDue() == [.publish(held), .report(.becameValid(held))])
    #expect(driver.now == begins)
    #expect(driver.nextAttemptIn > 0, "the refresh comes after that")
  }

  @Test("replaces the old one without a gap if it begins before that one's end")
  func seamless() {
    var driver = MachineDriver()
    driver.hold("old", lifetime: .seconds(1000))
    _ = driver.wakeWhenDue()
    _ = driver.send(.granted(Self.early("new", after: .seconds(100), .seconds(9000))))
    #expect(driver.wakeWhenDue().published?.token == Secret("new"))
    #expect(driver.machine.wakeAt == driver.machine.nextAttempt)
  }

  @Test("isn't put off for ever by answers that begin later still")
  func starving() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    _ = driver.send(.granted(Self.early("t0", after: .seconds(400), .seconds(9000))))
    let begins = driver.machine.becomesValidAt
    for step in 1...20 {
      let asked = driver.send(.refreshWanted(.requested), after: .seconds(15))
      guard asked.contains(.authenticate) else { continue }
      _ = driver.send(.granted(Self.early("t\(step)", after: .seconds(400), .seconds(9000))))
    }
    #expect(driver.machine.becomesValidAt == begins)
  }

  @Test("is refused where it would never be valid, and dropped with its credentials")
  func never() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    let failed = driver.send(.granted(Self.early("a", after: .seconds(60), .seconds(60)))).failure
    #expect(failed?.cause == .unusableAnswer(.neverValid))
    _ = driver.wakeWhenDue()
    _ = driver.send(.granted(Self.early("b", after: .seconds(100), .seconds(600))))
    #expect(driver.send(.credentialsChanged(.credentials)).contains(.authenticate))
    #expect(driver.machine.becomesValidAt == nil)
  }
}
