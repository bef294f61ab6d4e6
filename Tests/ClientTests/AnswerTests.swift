import FoundationEssentials
import Testing

@testable import AssetITTokenClient

@Suite("The daemon's answers")
struct AnswerTests {
  private static let stream =
    "retry: 500\n\nid: run-1\nevent: state\ndata: {\"a\":1}\n\n:\n\nid: run-2\nevent: header\ndata: JWT x\n\n"

  @Test("events are found wherever the stream is cut", arguments: ["\n", "\r\n", "\r"])
  func events(lineEnd: String) {
    let bytes = Array(Self.stream.replacing("\n", with: lineEnd).utf8)
    let expected = [
      EventParser.Event(name: "state", data: #"{"a":1}"#), EventParser.Event(name: "header", data: "JWT x"),
    ]
    for cut in 0...bytes.count {
      var parser = EventParser()
      let events = parser.parse(Array(bytes[..<cut])) + parser.parse(Array(bytes[cut...]))
      #expect(events == expected, "cut at \(cut)")
      #expect(parser.lastID == "run-2")
      #expect(parser.retry == .milliseconds(500))
    }
  }

  @Test("half an event is forgotten with its stream, the last id isn't")
  func restart() {
    var parser = EventParser()
    _ = parser.parse(Array("id: 7\ndata: a\n\nevent: state\ndata: hal".utf8))
    parser.restart()
    #expect(parser.parse(Array("data: b\n\n".utf8)) == [.init(name: "message", data: "b")])
    #expect(parser.lastID == "7")
  }

  @Test("a state with everything, and one with nothing")
  func status() throws {
    let full = try Fixture.status(state: "failing", failures: 2, message: "why")
    #expect(full.state == .failing && full.failures == 2)
    #expect(full.lastFailure?.kind == "rejected" && full.lastFailure?.message == "why")
    #expect(full.expiresAt == Fixture.now.addingTimeInterval(2_700) && full.expiresIn == 2_700)
    let empty = try Fixture.status(state: "of-the-future", issuedAgo: nil, expiresIn: nil, nextRefreshIn: nil)
    #expect(empty.state.rawValue == "of-the-future")
    #expect(empty.expiresAt == nil && empty.expiresIn == nil && empty.nextRefreshAt == nil)
  }

  @Test("a problem becomes the error that it is")
  func problems() {
    func error(_ status: Int, _ body: String, retryAfter: String? = nil) -> TokenClientError {
      let fields = retryAfter.map { ["retry-after": $0] } ?? [:]
      let answer = HTTPAnswer(status: status, fields: fields, body: Array(body.utf8))
      return ProblemDocument.error(of: answer, profile: "p", path: "/s")
    }
    #expect(error(404, #"{"code":"unknown_profile","detail":"x"}"#) == .unknownProfile("p"))
    #expect(
      error(403, #"{"code":"access_denied","detail":"x"}"#) == .accessDenied(profile: "p", detail: "x"))
    #expect(
      error(503, #"{"code":"no_token","detail":"x"}"#, retryAfter: "7")
        == .unavailable(code: "no_token", detail: "x", retryAfter: .seconds(7)))
    #expect(
      error(405, #"{"code":"method_not_allowed","detail":"x"}"#) == .refused(status: 405, detail: "x"))
    #expect(error(502, "<html>") == .connection(path: "/s", reason: "HTTP 502 without an explanation"))
  }

  @Test(
    "a profile's name can't lead to another path", arguments: ["", "a/b", "../x", "A", "a b", "a%2f", "ä"])
  func names(name: String) async {
    await #expect(throws: TokenClientError.self) {
      do {
        _ = try await TokenClient(profile: name, socketPath: "/nonexistent").header()
      } catch TokenClientError.invalidArgument {
        throw TokenClientError.cancelled
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  @Test("a socket that isn't there, isn't listened at, or can't be one")
  func sockets() async {
    await #expect(throws: TokenClientError.notRunning(path: "/nonexistent/api.sock")) {
      _ = try await TokenClient(socketPath: "/nonexistent/api.sock").header()
    }
    let long = "/" + String(repeating: "x", count: 107)
    await #expect(
      throws: TokenClientError.invalidArgument(
        reason: "the path of a socket has 1 to 107 bytes (unix(7)), unlike this one")
    ) {
      _ = try await TokenClient(socketPath: long).header()
    }
  }

  @Test("milliseconds are rounded up, so that nobody gets less than was asked for")
  func milliseconds() {
    #expect(Duration.seconds(5).wholeMilliseconds == 5_000)
    #expect(Duration.microseconds(1).wholeMilliseconds == 1)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
  }

  @Test("an Expires field is a date, nonsense is none")
  func dates() {
    #expect(HTTPDate.date("Wed, 25 Nov 2026 01:00:00 GMT") == Date(timeIntervalSince1970: 1_795_568_400))
    #expect(HTTPDate.date("soon") == nil)
  }
}
