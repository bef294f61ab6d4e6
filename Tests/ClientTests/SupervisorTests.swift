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

@Suite("curl's command line and answers")
struct CurlTests {
  @Test("the header comes by descriptor, for every part of the command line")
  func command() {
    let own = ["--header", "@/dev/fd/7", "--suppress-connect-headers", "--dump-header", "/dev/fd/9"]
    #expect(
      CurlArguments(["-q", "-s", "u", "--next", "v"]).command(header: 7, answers: 9)
        == ["curl", "-q"] + own + ["-s", "u", "--next"] + own + ["v"])
    #expect(
      CurlArguments(["u", "-q"]).command(header: 7, answers: nil) == [
        "curl", "--header", "@/dev/fd/7", "u", "-q",
      ])
    #expect(
      CurlArguments(["u"]).command(header: 7, answers: nil, isOnTerminal: true).contains(
        "--no-progress-meter"))
  }

  @Test(
    "a command that has used up its input isn't repeated",
    arguments: [
      ["-d", "@-"], ["--data-binary", "@-"], ["-d@-"], ["-T", "-"], ["-T."], ["-K-"], ["-F", "f=@-"],
    ])
  func input(arguments: [String]) {
    #expect(!CurlArguments(arguments + ["u"]).isRepeatable(isInputKept: false))
    #expect(CurlArguments(arguments + ["u"]).isRepeatable(isInputKept: true))
  }

  @Test("nor is one that goes on with what the first one left")
  func growing() {
    #expect(CurlArguments(["u", "-d", "a"]).isRepeatable(isInputKept: false))
    #expect(!CurlArguments(["-C", "-", "u"]).isRepeatable(isInputKept: true))
  }

  @Test(
    "only where nothing but refusals came is there a second run",
    arguments: [
      ([401], false, true), ([401, 401], true, true), ([100, 401], true, true), ([302, 401], false, true),
      ([302, 401], true, false), ([307, 401], true, true), ([200, 401], false, false),
      ([401, 200], false, false),
      ([403], false, false), ([], false, false), ([500, 401], false, false),
    ] as [([Int], Bool, Bool)])
  func refusals(statuses: [Int], sendsData: Bool, isRefusal: Bool) {
    let text = statuses.map { "HTTP/1.1 \($0) Whatever\r\nDate: HTTP/1.1 200\r\n\r\n" }.joined()
    var heads = AnswerHeads()
    for byte in text.utf8 { heads.add([byte]) }
    #expect(heads.statuses == statuses)
    #expect(heads.isRefusal(sendsData: sendsData) == isRefusal)
    #expect(heads.mayBecomeRefusal(sendsData: sendsData) || !isRefusal)
  }

  @Test("HTTP/2 has no phrase after its status")
  func http2() {
    var heads = AnswerHeads()
    heads.add("HTTP/2 401 \r\nwww-authenticate: JWT\r\n\r\n".utf8)
    #expect(heads.isRefusal(sendsData: true))
  }

  @Test("data makes a redirect something that was done")
  func data() {
    #expect(CurlArguments(["-dx", "u"]).sendsData)
    #expect(CurlArguments(["--data-raw", "x", "u"]).sendsData)
    #expect(CurlArguments(["--json={}", "u"]).sendsData)
    #expect(!CurlArguments(["-sSL", "-o", "f", "u"]).sendsData)
  }
}
