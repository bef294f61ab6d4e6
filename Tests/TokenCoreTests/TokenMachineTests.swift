import Testing
import TokenCore

@Suite("The state machine of a profile")
struct TokenMachineTests {
  @Test("asks at the start, publishes the answer and plans the refresh within at ± jitter")
  func start() {
    var driver = MachineDriver()
    #expect(driver.send(.started(held: nil)) == [.authenticate])
    let sentAt = driver.now
    let actions = driver.send(.granted(grant("a", .seconds(3600))), after: .seconds(2))
    #expect(actions.published?.deadline == sentAt + .seconds(3600))
    #expect((1438...2158).contains(driver.nextAttemptIn), "0.4 to 0.6 of an hour after the request was sent")
  }

  @Test("expires a token exactly at its deadline, and says when it asks again")
  func expiry() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(100))
    _ = driver.wakeWhenDue()
    _ = driver.send(.failed(.status(429, retryAfter: .seconds(900))))
    let deadline = driver.machine.wakeAt
    #expect(deadline == driver.machine.token?.deadline)
    driver.now = (deadline ?? driver.now) - .nanoseconds(1)
    #expect(driver.send(.woke) == [])
    #expect(
      driver.send(.woke, after: .nanoseconds(1))
        == [.withdraw, .report(.expired(nextAttempt: driver.machine.nextAttempt))])
  }

  @Test("keeps the good token through failures of every class")
  func goodTokenIsKept() {
    let causes: [ExchangeFailure] = [
      .network(host: "h", reason: "refused"), .status(500, retryAfter: nil), .status(403, retryAfter: nil),
      .status(429, retryAfter: .seconds(5)), .status(404, retryAfter: nil), .unusableAnswer(.html),
    ]
    for cause in causes {
      var driver = MachineDriver()
      driver.hold("a", lifetime: .seconds(3600))
      _ = driver.wakeWhenDue()
      let actions = driver.send(.failed(cause))
      #expect(actions.failure?.servedUntil == driver.machine.token?.deadline)
      #expect(driver.machine.token?.token == Secret("a"), "\(cause)")
    }
  }

  @Test("never has two requests in flight, whoever asks meanwhile")
  func oneInFlight() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    for event: TokenMachine.Event in [
      .refreshWanted(.requested), .woke, .refreshWanted(.minimumValidity(.seconds(5))),
    ] {
      #expect(driver.send(event, after: .seconds(1)) == [])
    }
  }

  @Test("an answer that took longer than the token lives is not published")
  func slowAnswer() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    let actions = driver.send(.granted(grant("a", .seconds(10))), after: .seconds(10))
    #expect(actions.published == nil)
    #expect(actions.failure?.cause == .unusableAnswer(.expired))
  }

  @Test("the same token again is no success, and backs off")
  func sameTokenAgain() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(10_000))
    let deadline = driver.machine.token?.deadline
    _ = driver.wakeWhenDue()
    var ceiling = 1.0
    for _ in 1...12 {
      let failure = driver.send(.granted(grant("a", .seconds(10_000)))).failure
      #expect(failure?.cause == .unusableAnswer(.sameToken))
      #expect((max(1, ceiling / 2)...max(1, ceiling)).contains(driver.nextAttemptIn))
      #expect(driver.machine.token?.deadline == deadline)
      ceiling = min(300, ceiling * 2)
      _ = driver.wakeWhenDue()
    }
  }

  @Test("a service that hands out one token until its end is asked again right then")
  func sameTokenUntilItsEnd() {
    var driver = MachineDriver { $0.retryMin = .seconds(60) }
    driver.hold("a", lifetime: .seconds(200))
    let deadline = driver.machine.token?.deadline
    driver.now = (deadline ?? driver.now) - .seconds(61)
    #expect(driver.send(.woke) == [.authenticate])
    _ = driver.send(.granted(grant("a", .seconds(200))))
    _ = driver.send(.woke, after: .seconds(60))
    _ = driver.send(.granted(grant("a", .seconds(200))))
    #expect(driver.machine.nextAttempt == driver.now + .seconds(60))
  }

  @Test("the bytes of a token that has ended are never believed again")
  func sameTokenAfterItsEnd() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(100))
    driver.now = driver.now + .seconds(200)
    #expect(driver.send(.woke).contains(.withdraw))
    #expect(driver.send(.granted(grant("a", .seconds(100)))).published == nil)
  }

  @Test("a token that ends sooner replaces the old one only where somebody asked")
  func endsSooner() {
    var driver = MachineDriver()
    driver.hold("long", lifetime: .seconds(10_000))
    _ = driver.wakeWhenDue()
    let kept = driver.send(.granted(grant("short", .seconds(60))))
    #expect(kept.published == nil)
    #expect(driver.machine.token?.token == Secret("long"))
    #expect(driver.machine.lastFailure == nil)
    _ = driver.send(.refreshWanted(.requested))
    #expect(driver.send(.granted(grant("other", .seconds(60)))).published?.token == Secret("other"))
  }

  @Test("a wrong path counts as a gateway coming up for the first 30 s before READY, and no longer")
  func settling() {
    var driver = MachineDriver(isReady: false)
    _ = driver.send(.started(held: nil))
    let early = driver.send(.failed(.status(404, retryAfter: nil)), after: .seconds(1)).failure
    #expect(early?.failureClass == .transient)
    driver.now = driver.now + .seconds(29)
    _ = driver.send(.woke)
    #expect(driver.send(.failed(.status(404, retryAfter: nil))).failure?.failureClass == .misconfigured)

    var ready = MachineDriver(isReady: true)
    _ = ready.send(.started(held: nil))
    #expect(ready.send(.failed(.status(404, retryAfter: nil))).failure?.failureClass == .misconfigured)
  }

  @Test("changed credentials are tried at once, and the answer to the old ones is ignored")
  func changedCredentials() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    _ = driver.send(.failed(.status(401, retryAfter: nil)))
    #expect(driver.nextAttemptIn == 900)
    #expect(driver.send(.credentialsChanged(.credentials), after: .seconds(1)) == [.authenticate])
    #expect(driver.send(.credentialsChanged(.credentials)) == [.abandon])
    #expect(driver.send(.credentialsChanged(.credentials)) == [])
    #expect(driver.send(.granted(grant("old", .seconds(60))), after: .seconds(1)) == [.authenticate])
    #expect(driver.send(.granted(grant("new", .seconds(60)))).published?.token == Secret("new"))
  }

  @Test("a token from before a restart is served, and replaced at once where the credentials changed")
  func heldToken() {
    let held = HeldToken(
      grant: grant("kept", .seconds(1000)), requestedAt: BootTime(nanoseconds: 900_000_000_000),
      refreshAt: BootTime(nanoseconds: 1_400_000_000_000))
    var same = MachineDriver()
    #expect(same.send(.started(held: held)) == [.publish(held)])
    #expect(same.machine.nextAttempt == held.refreshAt)
    var changed = MachineDriver()
    #expect(
      changed.send(.started(held: held, changed: .credentials)) == [.publish(held), .authenticate])
    var late = MachineDriver()
    late.now = held.deadline
    #expect(late.send(.started(held: held)) == [.authenticate])
  }

  @Test("another refresh policy moves the plan and makes no request")
  func changedPolicy() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(3600))
    var policy = RefreshPolicy()
    policy.at = 0.8
    policy.jitter = 0
    #expect(driver.send(.policyChanged(policy)) == [])
    #expect(driver.nextAttemptIn == 2880)
  }

  @Test("after a stop nothing happens any more")
  func stopped() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    #expect(driver.send(.stopped) == [.abandon])
    #expect(driver.send(.granted(grant("a", .seconds(60)))) == [])
    #expect(driver.machine.wakeAt == nil)
  }
}
