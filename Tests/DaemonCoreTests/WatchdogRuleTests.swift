import Testing
import TokenCore

@testable import DaemonCore

/// The signs of life that the manager gets.
@Suite("Signs of life")
struct WatchdogRuleTests {
  @Test("stop while a loop hangs, and one is given as soon as it goes on")
  func revived() {
    var daemon = Daemon([Daemon.profile("a")], watchdog: .seconds(30))
    daemon.hangingLoops = [.readers]
    daemon.start()
    daemon.grant("one")
    daemon.advance(.seconds(29))
    #expect(daemon.signs > 0)
    daemon.forgetEffects()
    daemon.advance(.seconds(25))
    #expect(daemon.signs == 0)
    // The manager may be about to end it.
    daemon.hangingLoops = []
    daemon.give(.loopAnswered(.readers))
    #expect(daemon.signs == 1)
  }
}
