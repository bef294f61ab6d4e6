import TestSupport
import Testing

@testable import TokenCore

@Suite("A token's claims")
struct JWTClaimsTests {
  /// base64url of the text, made independently of the code under test.
  static func encode(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var encoded = ""
    var (bits, count) = (0, 0)
    for byte in text.utf8 {
      bits = (bits << 8 | Int(byte)) & 0xFFFF
      count += 8
      while count >= 6 {
        count -= 6
        encoded.append(alphabet[bits >> count & 63])
      }
    }
    if count > 0 { encoded.append(alphabet[bits << (6 - count) & 63]) }
    return encoded
  }

  static func token(_ payload: String) -> [UInt8] {
    Array("\(encode(#"{"alg":"HS256"}"#)).\(encode(payload)).c2ln".utf8)
  }

  @Test(
    "are read as whole seconds, or are missing",
    arguments: [
      (#"{"exp":1700086400,"iat":1700000000}"#, 1_700_086_400, 1_700_000_000),
      (#"{"exp":1700086400.999,"iat":1700000000.5}"#, 1_700_086_400, 1_700_000_000),
      (#"{"exp":1.7e9}"#, 1_700_000_000, nil),
      (#"{"iat":0}"#, nil, 0),
      (#"{"exp":253402300799}"#, 253_402_300_799, nil),
      (#"{}"#, nil, nil), (#"{"exp":null,"iat":null}"#, nil, nil),
      (#"{"iat":{}}"#, nil, nil), (#"{"iat":-0.5,"exp":5}"#, 5, nil), (#"{"iat":"soon"}"#, nil, nil),
      (#"{"exp":"1700000000"}"#, 1_700_000_000, nil),
      (#"{"exp":1700000000123,"iat":"1700000000000"}"#, 1_700_000_000, 1_700_000_000),
      (#"{"exp":1,"exp":2}"#, 2, nil),
      (#"{"sub":"ünï?>","nested":{"exp":5},"list":[{}]}"#, nil, nil),
    ] as [(String, Int64?, Int64?)])
  func readable(payload: String, exp: Int64?, iat: Int64?) throws {
    let claims = try JWTClaims(token: Self.token(payload))
    #expect(claims.expiresAt == exp)
    #expect(claims.issuedAt == iat)
  }

  @Test("are read from a token that another implementation made (RFC 7519 section 3.1)")
  func published() throws {
    let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    #expect(try JWTClaims(token: token.utf8) == JWTClaims(expiresAt: 1_300_819_380))
  }

  @Test(
    "are refused where they are absurd",
    arguments: [
      #"{"exp":"soon"}"#, #"{"exp":"-1"}"#, #"{"exp":""}"#, #"{"exp":true}"#, #"{"exp":[1]}"#,
      #"{"exp":-1}"#, #"{"exp":253402300800}"#, #"{"exp":1e18}"#, #"{"exp":1e400}"#, #"{"iat":1e400}"#,
      #"{"exp":123456789012345678901234567890}"#, #"{"exp":NaN}"#, #"{"exp":"1700000000000000"}"#,
      "[]", "1", "null", #""exp""#, "", " ", "{", #"{"exp":1}}"#, #"{"exp":}"#,
      String(repeating: "[", count: 50_000), String(repeating: #"{"a":"#, count: 10_000),
      String(repeating: #"{"a":"#, count: 9_000) + "1" + String(repeating: "}", count: 9_000),
    ])
  func absurd(payload: String) {
    let error = #expect(throws: UnusableAnswer.self) { try JWTClaims(token: Self.token(payload)) }
    switch error {
    case .badClaims: #expect(!payload.isEmpty)
    case .notJWT: #expect(payload.isEmpty)
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test("say what was odd about them and understood")
  func remarks() throws {
    let payload = #"{"exp":"1700000000000","iat":false,"nbf":1700000000000}"#
    let claims = try JWTClaims(token: Self.token(payload))
    #expect(claims.notBefore == 1_700_000_000)
    #expect(
      claims.remarks == [
        .digits(claim: "exp"), .milliseconds(claim: "exp"), .unusableClaim("iat"),
        .milliseconds(claim: "nbf"),
      ])
    let error = #expect(throws: UnusableAnswer.self) {
      try JWTClaims(token: Self.token(#"{"exp":1700000000000000}"#))
    }
    #expect(error.map { "\($0)" }?.contains("looks like microseconds") == true)
    #expect(error.map { "\($0)" }?.contains("token_format = \"opaque\"") == true)
  }

  @Test("never trap the daemon by their nesting", arguments: [1, 63, 64, 65, 512, 513, 514, 30_000])
  func nesting(depth: Int) {
    for opening in ["[", #"{"a":"#] {
      let text = String(repeating: opening, count: depth)
      #expect(throws: UnusableAnswer.self) { try JWTClaims(token: Self.token(text)) }
      let inside = #"{"exp":5,"x":"# + text
      #expect(throws: UnusableAnswer.self) { try JWTClaims(token: Self.token(inside)) }
    }
  }

  @Test(
    "are looked for in three parts of base64url only",
    arguments: [
      "", ".", "..", "...", "e30.e30", "e30.e30.", ".e30.e30", "e30..e30", "e30.e30.e30.e30", "e30.e30.e30.",
      "e30=.e30.e30", "e30.e30=.e30", "e30.e30.e3+", "e30.e30.e3/", "e30.e30.e", "e.e30.e30", "e30.e30.e3 ",
      "é30.e30.e30", "e30\n.e30.e30", "JWT e30.e30.e30",
    ])
  func malformed(token: String) {
    #expect(throws: UnusableAnswer.notJWT) { try JWTClaims(token: token.utf8) }
  }

  @Test("never trap on random bytes")
  func noise() {
    var random = SeededRandom(seed: 7)
    let letters = Array(#"eyJ0.{}[]":,-_19exp"#.utf8)
    var refused = 0
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        letters[Int.random(in: 0..<letters.count, using: &random)]
      }
      if (try? JWTClaims(token: text)) == nil { refused += 1 }
      let payload = String(decoding: text, as: UTF8.self)
      _ = try? JWTClaims(token: Self.token(payload))
    }
    #expect(refused > 4900)
  }
}
