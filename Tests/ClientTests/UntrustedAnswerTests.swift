import Testing

@testable import AssetITTokenClient

@Suite("What comes from the daemon is not believed blindly")
struct UntrustedAnswerTests {
  @Test(
    "A header with control characters, or none that can be sent, is refused",
    arguments: [
      "", " ", "JWT a\nX: y", "JWT a\r\n", "JWT a\0", "JWT \u{1B}[31m", "JWT é", " JWT a", "JWT a ",
    ])
  func headers(value: String) {
    #expect(!AuthorizationHeader.isValue(value))
    #expect(AuthorizationHeader.isValue("JWT eyJ.eyJ.x-_"))
  }

  @Test("Texts of a state and of a problem are made printable")
  func texts() throws {
    let status = try Fixture.status(message: #"a\u001b[31mb\u202ec"#)
    #expect(status.lastFailure?.message == #"a\u{1b}[31mb\u{202e}c"#)
    let answer = HTTPAnswer(
      status: 429, fields: ["retry-after": "1"],
      body: Array(#"{"code":"too_many_requests","detail":"x\u0007y"}"#.utf8))
    #expect(
      ProblemDocument.error(of: answer, profile: "p", path: "/s")
        == .unavailable(code: "too_many_requests", detail: #"x\u{7}y"#, retryAfter: .seconds(1)))
  }

  @Test("A daemon of before says nothing of credentials and problems, a new one does")
  func fields() throws {
    let old = try Fixture.status()
    #expect(old.credentials == nil && old.problems == [])
    let text =
      #"{"credentials":"changed","expires_at":null,"expires_in":null,"failures":0,"issued_at":null,"#
      + #""last_error":null,"next_refresh_at":null,"problems":["a folder hangs"],"profile":"p","#
      + #""refreshing":true,"state":"pending"}"#
    let new = try JSON.decode(ProfileStatus.self, Array(text.utf8))
    #expect(new.credentials == .changed && new.problems == ["a folder hangs"])
  }
}
