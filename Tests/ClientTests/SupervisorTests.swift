import Testing

@testable import assetit_token

@Suite("The supervisor of exec")
struct SupervisorTests {
  @Test("restart: a new header ends the command, and its end starts it again")
  func restart() {
    var supervisor = Supervisor(onRefresh: .restart)
    #expect(supervisor.handle(.newHeader) == [.send(15), .startTimer])
    #expect(supervisor.handle(.newHeader) == [], "the newest is taken at the start anyway")
    #expect(supervisor.handle(.ended(.killed(15))) == [.start])
    #expect(supervisor.handle(.ended(.exited(3))) == [.finish(exitCode: 3)])
  }

  @Test("a command that doesn't end when it is to be restarted is killed")
  func patience() {
    var supervisor = Supervisor(onRefresh: .restart)
    #expect(supervisor.handle(.patienceEnded) == [], "of a command that has ended in time")
    _ = supervisor.handle(.newHeader)
    #expect(supervisor.handle(.patienceEnded) == [.send(9)])
    #expect(supervisor.handle(.ended(.killed(9))) == [.start])
  }

  @Test("signal: a new header is told by it, and nothing is restarted")
  func signal() {
    var supervisor = Supervisor(onRefresh: .signal(1))
    #expect(supervisor.handle(.newHeader) == [.send(1)])
    #expect(supervisor.handle(.newHeader) == [.send(1)])
    #expect(supervisor.handle(.ended(.killed(1))) == [.finish(exitCode: 129)])
  }

  @Test(
    "signals go on to the command; one that ends things ends a restart too", arguments: [2, 3, 15] as [Int32])
  func forwarding(number: Int32) {
    var supervisor = Supervisor(onRefresh: .restart)
    #expect(supervisor.handle(.signal(10)) == [.send(10)])
    _ = supervisor.handle(.newHeader)
    #expect(supervisor.handle(.signal(10)) == [.send(10)])
    #expect(supervisor.handle(.signal(number)) == [.send(number)])
    #expect(supervisor.handle(.newHeader) == [])
    #expect(supervisor.handle(.patienceEnded) == [.send(9)])
    #expect(supervisor.handle(.ended(.killed(15))) == [.finish(exitCode: 143)])
  }

  @Test("what the terminal sent to the command too isn't sent again, and ends a restart all the same")
  func terminal() {
    var supervisor = Supervisor(onRefresh: .restart)
    #expect(supervisor.handle(.terminalSignal(2)) == [])
    _ = supervisor.handle(.newHeader)
    #expect(supervisor.handle(.terminalSignal(2)) == [])
    #expect(supervisor.handle(.ended(.killed(2))) == [.finish(exitCode: 130)])
  }
}
