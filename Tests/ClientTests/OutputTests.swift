import AssetITTokenClient
import FoundationEssentials
import Testing

@testable import assetit_token

@Suite("What is printed, and exit codes")
struct OutputTests {
  private let header = AuthorizationHeader(
    value: #"JWT a.b"$`\c"#, expiresAt: Date(timeIntervalSince1970: 1_795_568_400))

  @Test(
    "a header in every format, as in the daemon's files",
    arguments: [
      (.header, #"JWT a.b"$`\c"#), (.token, #"a.b"$`\c"#), (.curl, "Authorization: JWT a.b\"$`\\c\n"),
      (.env, #"ASSETIT_AUTHORIZATION="JWT a.b\"\$\`\\c""# + "\n"),
      (
        .json,
        #"{"expires_at":"2026-11-25T01:00:00Z","header":"JWT a.b\"$`\\c","issued_at":null,"profile":"p"}"#
          + "\n"
      ),
    ] as [(HeaderFormat, String)])
  func formats(format: HeaderFormat, text: String) throws {
    let bytes = try format.render(header, profile: "p")
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test(
    "a header with a control character is printed in no form: it would be two lines, or two variables",
    arguments: HeaderFormat.allCases,
    ["JWT a\nPATH=/tmp", "JWT a\rb", "JWT a\u{1B}[2J", "JWT a\u{7F}", "JWT ä"])
  func controlCharacters(format: HeaderFormat, value: String) {
    #expect(throws: HeaderFormat.Unprintable.self) {
      try format.render(AuthorizationHeader(value: value), profile: "p")
    }
  }

  @Test("a header prints itself redacted, in every way that Swift prints")
  func redaction() {
    var dumped = ""
    dump(header, to: &dumped)
    for text in ["\(header)", String(reflecting: header), dumped, "\(TokenEvent.header(header))"] {
      #expect(!text.contains("a.b"), "\(text)")
    }
  }

  @Test("`watch` shows a header only where it was asked to")
  func watchLine() throws {
    func line(_ event: TokenEvent, _ shows: Bool) throws -> String {
      let bytes = try JSONLine.bytes(WatchLine(event, profile: "p", showsHeader: shows))
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(
      try line(.header(header), false)
        == #"{"event":"header","expires_at":"2026-11-25T01:00:00Z","profile":"p"}"# + "\n")
    #expect(try line(.header(header), true).contains(#""header":"JWT a.b"#))
    let state = try line(.state(try Fixture.status()), false)
    #expect(
      state.hasPrefix(#"{"credentials":null,"event":"state","expires_at":"2026"#)
        && state.contains(#""last_error":null"#))
    #expect(try line(.interrupted(.notRunning(path: "/x")), false).contains(#""event":"interrupted""#))
  }

  @Test(
    "each error has the exit code of its kind",
    arguments: [
      (.notRunning(path: "/x"), 69), (.timedOut(after: .seconds(1)), 69),
      (.unavailable(code: "no_token", detail: "", retryAfter: nil), 69), (.noPermission(path: "/x"), 77),
      (.accessDenied(profile: "x", detail: ""), 77), (.unknownProfile("x"), 64),
      (.invalidArgument(reason: ""), 64), (.refused(status: 405, detail: ""), 76),
    ] as [(TokenClientError, Int32)])
  func exitCodes(error: TokenClientError, code: Int32) {
    #expect(ExitStatus(error).rawValue == code)
  }

  @Test("what a new header means to a command")
  func onRefresh() {
    #expect(OnRefreshArgument(argument: "restart")?.onRefresh == .restart)
    #expect(OnRefreshArgument(argument: "signal=HUP")?.onRefresh == .signal(1))
    #expect(OnRefreshArgument(argument: "signal=sigusr1")?.onRefresh == .signal(10))
    #expect(OnRefreshArgument(argument: "signal=12")?.onRefresh == .signal(12))
    for text in ["", "reload", "signal", "signal=", "signal=NOPE", "signal=0", "signal=65", "signal=HUP=1"] {
      #expect(OnRefreshArgument(argument: text) == nil)
    }
  }
}
