import Testing
import TokenCore

@testable import AssetITAPI

@Suite("The token in an answer")
struct TokenReaderTests {
  private func read(
    _ body: some Sequence<UInt8>, pointer: String? = nil, format: TokenFormat = .jwt, prefix: String = "JWT "
  ) throws -> String {
    var settings = ExchangeSettings(baseURL: "https://assetit.example")
    settings.tokenPointer = pointer
    settings.tokenFormat = format
    settings.headerPrefix = prefix
    return try TokenReader(settings).read(Array(body)).token.text ?? ""
  }

  @Test(
    "is the body, a string, or in one of the usual places",
    arguments: [
      testToken, " \r\n\t\(testToken)\n", "\u{FEFF}\(testToken)", "JWT \(testToken)", "\"\(testToken)\"",
      " \"JWT \(testToken)\" ", #"{"token":"\#(testToken)"}"#, #"{"accessToken":"JWT \#(testToken)"}"#,
      #"{"access_token":" \#(testToken)\n"}"#, #"{"token":"Bearer \#(testToken)"}"#,
      #"{"jwt":"\#(testToken)","token":null}"#,
      #"{"token":{"x":1},"accessToken":"\#(testToken)"}"#, "\u{FEFF}{ \"token\" : \"\(testToken)\" }\n",
      #""\u0065\#(testToken.dropFirst())""#, #"{"token":"","accessToken":"\#(testToken)"}"#,
      #"{"token":null,"access_token":"","jwt":"\#(testToken)"}"#,
      #"{"token":"session-id","accessToken":"\#(testToken)"}"#, #"{"token":false,"jwt":"\#(testToken)"}"#,
    ])
  func usual(body: String) throws {
    #expect(try read(body.utf8) == testToken)
  }

  @Test(
    "is where token_pointer says",
    arguments: [
      ("/data/token", #"{"data":{"token":"T"},"token":"other"}"#), ("/0", #"["T"]"#),
      ("/list/2/a~1b", #"{"list":[1,[],{"a/b":"T"}]}"#), ("/m~0n", #"{"m~n":"T"}"#), ("/~01", #"{"~1":"T"}"#),
      ("/", #"{"":"T"}"#), ("//x", #"{"":{"x":"T"}}"#), ("/0", #"{"0":"T"}"#), ("/é", #"{"é":"T"}"#),
      ("", #""T""#), ("", "T"), ("/a/b", #"{"a":{"b":"JWT T"}}"#),
    ])
  func pointed(pointer: String, body: String) throws {
    #expect(try read(body.utf8, pointer: pointer, format: .opaque) == "T")
  }

  @Test(
    "is nowhere else than token_pointer says",
    arguments: [
      ("/data", #"{"token":"T"}"#), ("/data", "T"), ("/data", #""T""#), ("/00", #"["T"]"#), ("/-", #"["T"]"#),
      ("/1", #"["T"]"#), ("/+0", #"["T"]"#), ("/99999999999999999999", #"["T"]"#), ("/a/b", #"{"a":"T"}"#),
      ("/a", #"{"a":1}"#), ("/a", #"{"a":null}"#), ("", #"{"token":"T"}"#), ("/a", #"{"A":"T"}"#),
    ])
  func elsewhere(pointer: String, body: String) {
    #expect(throws: UnusableAnswer.noToken(lookedAt: [pointer.isEmpty ? "\"\"" : pointer])) {
      try read(body.utf8, pointer: pointer, format: .opaque)
    }
  }

  private static let places = ["/token", "/accessToken", "/access_token", "/jwt"]

  @Test(
    "is refused where it is none",
    arguments: [
      ("", .empty), (" \n", .empty), ("\u{FEFF}", .empty), ("\"\"", .empty), (#"{"token":" "}"#, .empty),
      ("<html>", .html), ("\n <!DOCTYPE html>", .html), ("<?xml?>", .html),
      ("OK", .notJWT), ("a.b", .notJWT), ("\(testToken).x", .notJWT), ("JWT", .notJWT), ("123", .notJWT),
      ("jwt \(testToken)", .forbiddenCharacters), ("JWT JWT \(testToken)", .forbiddenCharacters),
      ("JWT  \(testToken)", .forbiddenCharacters), ("Basic \(testToken)", .forbiddenCharacters),
      ("\(testToken)\r\nX-Other: 1", .forbiddenCharacters), ("\(testToken)\0", .forbiddenCharacters),
      ("\"\(testToken)\\n x\"", .forbiddenCharacters), ("\"\(testToken)\\u0000\"", .forbiddenCharacters),
      ("\(testToken)é", .forbiddenCharacters), (#""\ud83d\ude00""#, .forbiddenCharacters),
      ("{", .notText), ("\"abc", .notText), (#"{"token":"\#(testToken)"} x"#, .notText),
      (String(repeating: "[", count: 50_000), .nested(limit: 64)),
      (String(repeating: "[", count: 513), .nested(limit: 64)), (String(repeating: "[", count: 64), .notText),
      (String(repeating: #"{"token":"#, count: 6000), .nested(limit: 64)),
      ("{}", .noToken(lookedAt: places)), ("[]", .noToken(lookedAt: places)),
      ("null", .noToken(lookedAt: places)), ("true", .noToken(lookedAt: places)),
      (#"{"token":1}"#, .noToken(lookedAt: places)), (#"["\#(testToken)"]"#, .noToken(lookedAt: places)),
      ("e30.bnVsbA.e30", .badClaims(reason: "they are no JSON object")),
    ] as [(String, UnusableAnswer)])
  func refused(body: String, expected: UnusableAnswer) {
    #expect(throws: expected) { try read(body.utf8) }
  }

  @Test("is no web page and no binary")
  func noText() {
    #expect(throws: UnusableAnswer.html) { try read("<html>\(testToken)</html>".utf8) }
    #expect(throws: UnusableAnswer.notText) { try read([0x1F, 0x8B, 0x08, 0xFF]) }
  }

  @Test(
    "has the lifetime that stands beside it, if that is a number of seconds within a year",
    arguments: [
      (#"{"token":"T","expires_in":60}"#, 60, false), (#"{"token":"T","expiresIn":"3600"}"#, 3600, false),
      (#"{"token":"T","expires_in":1.9}"#, 1, false), (#"{"token":"T","expires_in":null}"#, nil, false),
      (#"{"token":"T","expires_in":0}"#, nil, true), (#"{"token":"T","expires_in":-5}"#, nil, true),
      (#"{"token":"T","expires_in":31536000}"#, 31_536_000, false),
      (#"{"token":"T","expires_in":31536001}"#, nil, true), (#"{"token":"T","expires_in":"1h"}"#, nil, true),
      (#"{"token":"T","expires_in":""}"#, nil, true), (#"{"token":"T","expires_in":true}"#, nil, true),
      (#"{"token":"T","expires_in":1e300}"#, nil, true),
      (#"{"token":"T","expires_in":"99999999999999999999"}"#, nil, true),
      (#"{"token":"T","expires_in":"soon","expiresIn":5}"#, 5, false),
      (#"{"token":"T","x":{"expires_in":5}}"#, nil, false), ("T", nil, false), (#""T""#, nil, false),
    ] as [(String, Int64?, Bool)])
  func expiresIn(body: String, expected: Int64?, isRemarked: Bool) throws {
    var settings = ExchangeSettings(baseURL: "https://assetit.example")
    settings.tokenFormat = .opaque
    let finding = try TokenReader(settings).read(Array(body.utf8))
    #expect(finding.expiresIn == expected)
    #expect(finding.remarks == (isRemarked ? [.unusableExpiresIn] : []))
  }

  @Test("has the lifetime of its own object, else the root's")
  func expiresInRoot() throws {
    var settings = ExchangeSettings(baseURL: "https://assetit.example")
    settings.tokenFormat = .opaque
    settings.tokenPointer = "/data/t"
    let reader = try TokenReader(settings)
    let both = #"{"data":{"t":"T","expires_in":7},"expires_in":9}"#
    #expect(try reader.read(Array(both.utf8)).expiresIn == 7)
    #expect(try reader.read(Array(#"{"data":{"t":"T"},"expires_in":9}"#.utf8)).expiresIn == 9)
  }

  @Test("loses the configured prefix, by case, and the usual one")
  func prefix() throws {
    #expect(try read("Bearer \(testToken)".utf8, prefix: "Bearer ") == testToken)
    #expect(try read("JWT \(testToken)".utf8, prefix: "Bearer ") == testToken)
    #expect(try read(testToken.utf8, prefix: "") == testToken)
    #expect(try read(testToken.utf8, prefix: "ey") == testToken, "that could be the token's own beginning")
    #expect(throws: UnusableAnswer.forbiddenCharacters) {
      try read("bearer \(testToken)".utf8, prefix: "Bearer ")
    }
  }

  @Test("may be any visible ASCII where it is opaque, up to 64 KiB")
  func opaque() throws {
    let visible = String(decoding: UInt8(0x21)...0x7E, as: UTF8.self)
    #expect(try read(visible.utf8, format: .opaque) == visible)
    let longest = String(repeating: "x", count: 65_536)
    #expect(try read(longest.utf8, format: .opaque) == longest)
    #expect(throws: UnusableAnswer.oversized(limit: 65_536)) {
      try read((longest + "x").utf8, format: .opaque)
    }
    #expect(throws: UnusableAnswer.noToken(lookedAt: Self.places)) { try read("null".utf8, format: .opaque) }
    for body in ["a b", "a\u{7F}", "é"] {
      #expect(throws: UnusableAnswer.forbiddenCharacters) { try read(body.utf8, format: .opaque) }
    }
  }

  @Test("is never looked for by a pointer that is none", arguments: ["token", "/a~", "/a~2", "~0", " /a"])
  func pointers(text: String) {
    #expect(JSONPointer(text) == nil)
    #expect(throws: ExchangeFailure.self) { try read(testToken.utf8, pointer: text) }
  }
}
