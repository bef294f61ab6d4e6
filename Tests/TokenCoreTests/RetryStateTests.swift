import TestSupport
import Testing
import TokenCore

@Suite("What a restart must not forget")
struct RetryStateTests {
  private static let refused = ExchangeFailure.status(401, retryAfter: nil)

  @Test("the next request's earliest moment is stored before it is sent")
  func order() {
    var machine = TokenMachine(policy: RefreshPolicy())
    var random = SeededRandom(seed: 1)
    let now = BootTime(nanoseconds: 5_000_000_000)
    let actions = machine.handle(.started(held: nil), now: now, random: &random)
    guard case .store(let state)? = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(actions.dropFirst() == [.authenticate])
    #expect(state.notBefore ?? now >= now + .seconds(1))
  }

  @Test("a process that dies with each request asks less and less often")
  func crashLoop() {
    var driver = MachineDriver()
    #expect(driver.send(.started(held: nil)) == [.authenticate])
    var waits: [Double] = []
    for _ in 0..<12 {
      let died = driver.now
      if !driver.restart(after: .milliseconds(250)).contains(.authenticate) {
        #expect(driver.wakeWhenDue() == [.authenticate])
      }
      waits.append((driver.now - died).inSeconds)
    }
    for (step, wait) in waits.enumerated() {
      let ceiling = min(300, Double(1 << step))
      #expect(wait >= max(1, ceiling / 2) && wait <= max(1, ceiling), "\(waits)")
    }
  }

  @Test("Retry-After, the back-off and a refusal go on where they were")
  func waits() {
    for cause in [ExchangeFailure.status(429, retryAfter: .seconds(900)), Self.refused] {
      var driver = MachineDriver()
      _ = driver.send(.started(held: nil))
      _ = driver.send(.failed(cause))
      let planned = driver.machine.nextAttempt
      #expect(driver.restart(after: .seconds(5)) == [])
      #expect(driver.machine.nextAttempt == planned)
      #expect(driver.machine.lastFailure?.failureClass == cause.failureClass)
      #expect(driver.machine.lastFailure.map { "\($0.cause)" } == "before the restart: \(cause)")
    }
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    for _ in 0..<6 {
      _ = driver.send(.failed(.status(500, retryAfter: nil)))
      _ = driver.wakeWhenDue()
    }
    _ = driver.send(.failed(.status(500, retryAfter: nil)))
    #expect(driver.restart() == [])
    #expect(driver.wakeWhenDue() == [.authenticate])
    _ = driver.send(.failed(.status(500, retryAfter: nil)))
    #expect((64...128).contains(driver.nextAttemptIn), "the eighth step, not the first")
  }

  @Test("the spacing of demands goes on")
  func demands() {
    var driver = MachineDriver()
    driver.hold("t0", lifetime: .seconds(86_400))
    for step in 1...9 {
      if !driver.send(.refreshWanted(.requested)).contains(.authenticate) { _ = driver.wakeWhenDue() }
      _ = driver.send(.granted(grant("t\(step)", .seconds(86_400))))
    }
    _ = driver.restart(held: driver.machine.token)
    #expect(!driver.send(.refreshWanted(.requested)).contains(.authenticate))
    #expect(driver.nextAttemptIn >= 100)
  }

  @Test("tries after a refusal are not begun anew")
  func refusals() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(6000))
    _ = driver.wakeWhenDue()
    var tries = 0
    while driver.machine.token != nil, tries < 50 {
      _ = driver.send(.failed(Self.refused))
      _ = driver.restart(held: driver.machine.token)
      while driver.machine.token != nil, !driver.machine.isRequesting { _ = driver.wakeWhenDue() }
      tries += driver.machine.token == nil ? 0 : 1
    }
    #expect(tries == 5)
  }

  @Test("other credentials are tried at once, but not before Retry-After; another endpoint forgets that, too")
  func changes() {
    for (change, cause, asksAtOnce) in [
      (CredentialsChange.credentials, Self.refused, true), (.endpoint, Self.refused, true),
      (.credentials, .status(500, retryAfter: nil), true),
      (.credentials, .status(429, retryAfter: .seconds(600)), false),
      (.endpoint, .status(429, retryAfter: .seconds(600)), true),
    ] {
      var driver = MachineDriver()
      _ = driver.send(.started(held: nil))
      _ = driver.send(.failed(cause))
      var running = driver
      #expect(running.send(.credentialsChanged(change)).contains(.authenticate) == asksAtOnce)
      #expect(driver.restart(changed: change).contains(.authenticate) == asksAtOnce)
    }
  }

  @Test("two tools that fight over a secret cause ever fewer requests, and one change later none waits")
  func floor() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    _ = driver.send(.failed(Self.refused))
    var requests = 0
    for _ in 0..<1800 {
      var actions = driver.send(.credentialsChanged(.credentials), after: .seconds(2))
      if let due = driver.machine.wakeAt, due <= driver.now { actions += driver.send(.woke) }
      guard actions.contains(.authenticate) else { continue }
      requests += 1
      _ = driver.send(.failed(Self.refused), after: .milliseconds(10))
    }
    #expect((10...40).contains(requests), "in an hour: \(requests)")
    #expect(driver.send(.credentialsChanged(.credentials), after: .seconds(400)).contains(.authenticate))
  }

  @Test("nothing in a damaged state stops a profile for ever, or traps")
  func damaged() {
    var random = SeededRandom(seed: 3)
    let moments: [Int64] = [.min, -1, 0, 999, 1_000_000_000_000, .max]
    func moment() -> BootTime? { moments.randomElement(using: &random).map(BootTime.init) }
    for _ in 0..<2000 {
      var state = RetryState()
      state.backOff = BackOff(steps: Int(moments.randomElement(using: &random) ?? 0))
      state.demands = RequestSpacing(backOff: state.backOff, opensAt: moment(), lastAt: moment())
      state.changes = RequestSpacing(backOff: state.backOff, opensAt: moment(), lastAt: moment())
      (state.throttledUntil, state.notBefore) = (moment(), moment())
      state.refusals = .init(
        interval: .nanoseconds(moments.randomElement(using: &random) ?? 0), tries: Int.random(in: -9...9),
        nextAt: moment() ?? BootTime(nanoseconds: 0))
      state.failure = .init(
        failureClass: .rejected, at: moment() ?? BootTime(nanoseconds: 0), count: .max, reason: "")
      var driver = MachineDriver()
      driver.stored = state
      _ = driver.restart(changed: [nil, .credentials, .endpoint].randomElement(using: &random) ?? nil)
      _ = driver.send(.refreshWanted(.requested))
      if !driver.machine.isRequesting { _ = driver.wakeWhenDue() }
      #expect(driver.machine.isRequesting)
      #expect(driver.now <= BootTime(nanoseconds: 1_000_000_000_000) + .seconds(33 * 86_400))
      _ = driver.send(.failed(Self.refused))
    }
  }

  @Test("a request's time is when it is sent, however long it waited for its turn")
  func queued() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    let before = driver.stored?.notBefore
    #expect(driver.send(.requestSent, after: .seconds(40)) == [])
    #expect(before.map { $0 < driver.now } == true)
    #expect(driver.stored?.notBefore.map { $0 > driver.now } == true)
    let sentAt = driver.now
    let actions = driver.send(.granted(grant("a", .seconds(60))), after: .seconds(1))
    #expect(actions.published?.deadline == sentAt + .seconds(60))
  }
}
