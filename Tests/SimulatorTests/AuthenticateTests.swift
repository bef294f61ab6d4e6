import Testing

@testable import assetit_sim

@Suite("The authenticate endpoint")
struct AuthenticateTests {
  @Test("answers the bare token, whose claims say when it was issued and when it ends")
  func token() throws {
    var rig = Rig(lifetime: 300)
    rig.seconds = 0.9
    let answer = try rig.authenticate()
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == "text/plain")
    #expect(answer.dateSkew == 0)
    let claims = try claims(answer.text)
    #expect(claims["iat"] == .integer(1_700_000_000))
    #expect(claims["exp"] == .integer(1_700_000_300))
    #expect(claims["sub"] == .string("id"))
    #expect(Set(claims.keys) == ["iat", "exp", "sub", "jti"])
  }

  @Test("the same seed gives the same tokens, all of them different")
  func seed() throws {
    func tokens(seed: UInt64) throws -> [String] {
      var rig = Rig(seed: seed)
      return try (0..<20).map { _ in try rig.token() }
    }
    #expect(try tokens(seed: 5) == tokens(seed: 5))
    #expect(try Set(tokens(seed: 5) + tokens(seed: 6)).count == 40)
  }

  @Test("a token is HS256-looking base64url without padding")
  func alphabet() throws {
    var rig = Rig()
    for _ in 0..<50 {
      let token = try rig.token()
      #expect(token.hasPrefix("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."))
      #expect(token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
    }
  }

  @Test(
    "what isn't a good request is refused with its status",
    arguments: [
      (Rig.authenticate(secret: "wrong"), 401),
      (Rig.authenticate(type: "text/plain"), 415),
      (Rig.authenticate(type: ""), 415),
      (Rig.authenticate(type: "application/json; charset=utf-8"), 200),
      (Rig.authenticate(type: "Application/Vnd.x+JSON"), 200),
      (Rig.authenticate(secret: "\""), 400),
      (Rig.authenticate(secret: String(repeating: "x", count: 65536)), 413),
      (Request(method: "GET", path: "/api/apikeys/authenticate"), 405),
      (Request(method: "POST", path: "/api/apikeys"), 404),
    ])
  func refusals(request: Request, status: Int) throws {
    var rig = Rig()
    let answer = try rig.answer(request)
    #expect(answer.status == status)
    #expect(answer.header("Allow") == (status == 405 ? "POST" : nil))
    #expect(!answer.text.contains("s3cret"))
  }

  @Test("a target in absolute form, as a proxy gets it, is the path in it")
  func targets() {
    #expect(Request.path(ofTarget: "http://far.example:8080/api/assets?x=1") == "/api/assets")
    #expect(Request.path(ofTarget: "/api/assets?x=http://y/") == "/api/assets")
    #expect(Request.path(ofTarget: "http://far.example") == "")
  }
}

@Suite("The data endpoint")
struct AssetsTests {
  @Test("takes an issued token until its lifetime is over, on the monotonic clock")
  func lifetime() throws {
    var rig = Rig(lifetime: 60)
    let header = "JWT \(try rig.token())"
    #expect(try rig.assets(header).status == 200)
    rig.seconds = 59.9
    let answer = try rig.assets(header)
    #expect(answer.status == 200)
    #expect(answer.text.hasPrefix("[{\"id\":1,"))
    rig.seconds = 60
    #expect(try rig.assets(header).status == 401)
  }

  @Test("refuses any other header")
  func others() throws {
    var rig = Rig()
    let token = try rig.token()
    for header in [
      nil, "", "JWT ", token, "Bearer \(token)", "jwt \(token)", "JWT  \(token)", "JWT \(token)x",
    ] {
      let answer = try rig.assets(header)
      #expect(answer.status == 401, "\(header ?? "none")")
      #expect(answer.header("WWW-Authenticate") == "JWT")
    }
    #expect(rig.simulator.statistics.dataRefused == 8)
  }

  @Test("refuses what was revoked, and takes what came after")
  func revoked() throws {
    var rig = Rig()
    let before = try rig.token()
    #expect(try rig.control("POST", "/_sim/revoke").status == 204)
    let after = try rig.token()
    #expect(try rig.assets("JWT \(before)").status == 401)
    #expect(try rig.assets("JWT \(after)").status == 200)
  }

  @Test("tokens that it remembers are bounded, the newest kept")
  func bounded() {
    var tokens = IssuedTokens()
    for number in 0...3 * IssuedTokens.half { tokens.insert("\(number)", until: 10) }
    let kept = (0...3 * IssuedTokens.half).filter { tokens.accepts("\($0)", at: 9) }
    #expect(kept.count >= IssuedTokens.half && kept.count <= 2 * IssuedTokens.half)
    #expect(kept.last == 3 * IssuedTokens.half)
  }
}
