import Testing
import TokenCore

@testable import DaemonCore

/// Callers over HTTP who wait for a new token.
@Suite("Who waits for a token")
struct DemandRuleTests {
  @Test("is answered once when the profile goes, and not again when the time is up")
  func goneProfile() {
    var daemon = Daemon([Daemon.profile("a"), Daemon.profile("b")])
    daemon.start()
    daemon.grant("one")
    daemon.grant("two")
    daemon.advance(.seconds(2))
    let id = DemandID(1)
    daemon.give(
      .demand(RefreshDemand(id: id, profile: "b", user: 0, wish: .now, patience: .seconds(10))))
    #expect(daemon.answers(to: id).isEmpty)
    daemon.configuration = Configuration(api: APIConfiguration(), profiles: [Daemon.profile("a")])
    daemon.give(.signal(.reload))
    #expect(daemon.answers(to: id) == [.unknownProfile])
    daemon.advance(.seconds(120))
    #expect(daemon.answers(to: id) == [.unknownProfile])
  }
}
