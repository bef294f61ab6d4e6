import Testing
import TokenCore

@Suite("Refreshes that somebody asks for")
struct ForcedRefreshTests {
  @Test("a thousand reports of one refused token cause one request")
  func thousandReports() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(3600))
    var requests = 0
    for _ in 1...500 {
      requests += driver.send(.refreshWanted(.refused(Secret("a")))).count { $0 == .authenticate }
    }
    _ = driver.send(.granted(grant("b", .seconds(3600))))
    for _ in 1...500 {
      requests += driver.send(.refreshWanted(.refused(Secret("a")))).count { $0 == .authenticate }
    }
    #expect(requests == 1)
    #expect(driver.machine.token?.token == Secret("b"))
  }

  @Test("share one back-off from retry_min to retry_max")
  func shared() {
    var driver = MachineDriver()
    driver.hold("t0", lifetime: .seconds(86_400))
    var times: [BootTime] = []
    for step in 1...14 {
      var actions = driver.send(.refreshWanted(.requested))
      if !actions.contains(.authenticate) { actions = driver.wakeWhenDue() }
      #expect(actions.contains(.authenticate))
      times.append(driver.now)
      _ = driver.send(.granted(grant("t\(step)", .seconds(86_400))))
    }
    var ceiling = 1.0
    for (earlier, later) in zip(times, times.dropFirst()) {
      #expect((max(1, ceiling / 2)...max(1, ceiling)).contains((later - earlier).inSeconds))
      ceiling = min(300, ceiling * 2)
    }
  }

  @Test("the back-off is forgotten once a token has lived for retry_max without a report")
  func forgotten() {
    var driver = MachineDriver()
    driver.hold("t0", lifetime: .seconds(86_400))
    for step in 1...6 {
      if !driver.send(.refreshWanted(.requested)).contains(.authenticate) { _ = driver.wakeWhenDue() }
      _ = driver.send(.granted(grant("t\(step)", .seconds(86_400))))
    }
    #expect(driver.send(.refreshWanted(.requested), after: .seconds(300)) == [.authenticate])
    _ = driver.send(.granted(grant("t7", .seconds(86_400))))
    _ = driver.send(.refreshWanted(.requested))
    #expect(driver.nextAttemptIn == 1, "the first step again")
  }

  @Test(
    "are spaced by it while requests fail, too, however old the token is that is held",
    arguments: [nil, .status(503, retryAfter: nil), .timedOut(host: "h", after: .seconds(1))]
      as [ExchangeFailure?])
  func outage(failure: ExchangeFailure?) {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(86_400))
    driver.now = driver.now + .seconds(400)
    var requests = 0
    for _ in 0..<3000 {
      for action in driver.send(.refreshWanted(.minimumValidity(.seconds(86_390))), after: .milliseconds(200))
        + driver.send(.woke) where action == .authenticate
      {
        requests += 1
        _ = driver.send(failure.map { .failed($0) } ?? .granted(grant("a", .seconds(86_400))))
      }
    }
    #expect(requests < 25, "in ten minutes")
  }

  @Test("min_valid is satisfied by a token that is good for long enough, and by none that never can be")
  func minimumValidity() {
    var driver = MachineDriver()
    driver.hold("a", lifetime: .seconds(600))
    #expect(driver.send(.refreshWanted(.minimumValidity(.seconds(600)))) == [])
    #expect(driver.send(.refreshWanted(.minimumValidity(.seconds(601))), after: .seconds(1)) == [])
    #expect(driver.send(.refreshWanted(.minimumValidity(.seconds(600)))) == [.authenticate])
  }

  @Test("while the credentials stand refused, at most one a minute")
  func refused() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    _ = driver.send(.failed(.status(401, retryAfter: nil)))
    let until = driver.now + .seconds(60)
    #expect(driver.send(.refreshWanted(.requested), after: .seconds(1)) == [.report(.deferred(until: until))])
    #expect(driver.send(.woke, after: .seconds(58)) == [])
    #expect(driver.send(.woke, after: .seconds(1)) == [.authenticate])
  }

  @Test("a service that wants to be left alone is left alone")
  func throttled() {
    var driver = MachineDriver()
    _ = driver.send(.started(held: nil))
    _ = driver.send(.failed(.status(429, retryAfter: .seconds(500))))
    let planned = driver.machine.nextAttempt
    #expect(driver.send(.refreshWanted(.requested), after: .seconds(400)) == [])
    let until = planned ?? driver.now
    #expect(
      driver.send(.credentialsChanged(.credentials)) == [.report(.changeDeferred(until: until))])
    #expect(driver.machine.nextAttempt == planned)
  }
}
