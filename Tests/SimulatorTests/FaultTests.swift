import Testing

@testable import assetit_sim

@Suite("Faults")
struct FaultTests {
  @Test("a status takes the place of the token, with Retry-After as given")
  func status() throws {
    var rig = Rig()
    try rig.set(#"{"status": 503, "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT"}"#)
    let answer = try rig.authenticate()
    #expect(answer.status == 503)
    #expect(answer.header("Retry-After") == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(rig.simulator.statistics.tokensIssued == 0)
    try rig.set(#"{"status": 201, "retry_after": 7}"#)
    let created = try rig.authenticate()
    #expect(created.status == 201)
    #expect(created.header("Retry-After") == "7")
    #expect(try rig.assets("JWT \(created.text)").status == 200)
  }

  @Test("hold for as many requests as `times` says, and no longer")
  func times() throws {
    var rig = Rig()
    try rig.set(#"{"status": 500, "times": 2}"#)
    #expect(try rig.control("GET", "/_sim/faults").text == #"{"status":500,"times":2}"#)
    _ = try rig.assets(nil)
    #expect(try rig.authenticate().status == 500)
    #expect(try rig.control("GET", "/_sim/faults").text == #"{"status":500,"times":1}"#)
    #expect(try rig.authenticate().status == 500)
    #expect(try rig.authenticate().status == 200)
    #expect(try rig.control("GET", "/_sim/faults").text == "{}")
  }

  @Test("a new set replaces all of the old, and DELETE clears it")
  func replaced() throws {
    var rig = Rig()
    try rig.set(#"{"status": 500}"#)
    try rig.set(#"{"delay": 2.5}"#)
    let plan = rig.send(Rig.authenticate())
    #expect(plan.delay == 2.5)
    guard case .send(let answer, nil) = plan.act else { throw Rig.NoAnswer() }
    #expect(answer.status == 200)
    #expect(try rig.control("DELETE", "/_sim/faults").status == 204)
    #expect(rig.send(Rig.authenticate()).delay == 0)
  }

  @Test(
    "a connection hangs or ends, and no token is spent",
    arguments: [("hang", Plan.Act.hang), ("reset", .reset), ("close", .close)])
  func endings(name: String, act: Plan.Act) throws {
    var rig = Rig()
    try rig.set(#"{"\#(name)": true, "delay": 1}"#)
    #expect(rig.send(Rig.authenticate()) == Plan(delay: 1, act: act, exchange: 0))
    #expect(rig.simulator.statistics.tokensIssued == 0)
  }

  @Test("bodies that are no token")
  func bodies() throws {
    var rig = Rig()
    try rig.set(#"{"body": "exactly\u0001this ", "content_type": "text/x"}"#)
    let exact = try rig.authenticate()
    #expect(exact.status == 200)
    #expect(exact.text == "exactly\u{1}this ")
    #expect(exact.header("Content-Type") == "text/x")
    try rig.set(#"{"body": "", "status": 401}"#)
    #expect(try rig.authenticate() == Answer(401, contentType: "text/plain"))
    try rig.set(#"{"oversized": 70000}"#)
    #expect(try rig.authenticate().body.count == 70000)
    try rig.set(#"{"html": true, "slow_body": 10}"#)
    guard case .send(let page, 10) = rig.send(Rig.authenticate()).act else { throw Rig.NoAnswer() }
    #expect(page.text.hasPrefix("<!DOCTYPE html>"))
    #expect(page.header("Content-Type") == "text/html; charset=utf-8")
    try rig.set(#"{"garbage": true}"#)
    let garbage = try rig.authenticate().body
    #expect(garbage.contains { $0 > 127 })
    #expect(try rig.authenticate().body != garbage)
  }

  @Test("a redirect is a 302 unless the status says another")
  func redirect() throws {
    var rig = Rig()
    for (faults, status) in [(#"{"redirect":"/x"}"#, 302), (#"{"redirect":"/x","status":307}"#, 307)] {
      try rig.set(faults)
      let answer = try rig.authenticate()
      #expect(answer.status == status)
      #expect(answer.header("Location") == "/x")
    }
  }

  @Test("clocks that are wrong: Date, Age and the claims")
  func clocks() throws {
    var rig = Rig(lifetime: 100)
    try rig.set(#"{"date_skew": -3600, "age": 5, "exp_skew": -50, "iat_skew": 7}"#)
    let answer = try rig.authenticate()
    #expect(answer.dateSkew == -3600)
    #expect(answer.header("Age") == "5")
    let claims = try claims(answer.text)
    #expect(claims["iat"] == .integer(1_700_000_007))
    #expect(claims["exp"] == .integer(1_700_000_050))
    rig.seconds = 99
    #expect(try rig.assets("JWT \(answer.text)").status == 200, "the claims lie, the lifetime stays")
    try rig.set(#"{"no_date": true}"#)
    #expect(try rig.authenticate().dateSkew == nil)
  }

  @Test("claims that are missing, absurd or large")
  func claimFaults() throws {
    var rig = Rig()
    try rig.set(#"{"without_exp": true, "without_iat": true, "token_padding": 9000}"#)
    let bare = try rig.token()
    #expect(bare.utf8.count > 12_000)
    #expect(Set(try claims(bare).keys) == ["sub", "jti", "padding"])
    try rig.set(#"{"claims": {"exp": 1e300, "iat": -9223372036854775808, "sub": [null, {"a": true}]}}"#)
    let absurd = try claims(try rig.token())
    #expect(absurd["exp"] == .number(1e300))
    #expect(absurd["iat"] == .integer(.min))
    #expect(absurd["sub"] == .array([.null, .object(["a": .bool(true)])]))
  }

  @Test("the lifetime of the tokens issued meanwhile, and the same token again")
  func lifetimes() throws {
    var rig = Rig()
    try rig.set(#"{"lifetime": 5}"#)
    let short = try rig.token()
    try rig.set(#"{"same_token": true}"#)
    #expect(try rig.token() == short)
    #expect(rig.simulator.statistics.tokensIssued == 1)
    rig.seconds = 5
    #expect(try rig.assets("JWT \(short)").status == 401)
    try rig.set("{}")
    #expect(try rig.token() != short)
  }

  @Test(
    "every shape wraps the token in its own way",
    arguments: [
      ("bare", "T", "text/plain"), ("prefixed", "JWT T", "text/plain"),
      ("whitespace", " \r\n\tT\n\n ", "text/plain"), ("json-string", #""T""#, "application/json"),
      ("object", #"{"token":"T"}"#, "application/json"),
      ("access_token", #"{"access_token":"T"}"#, "application/json"),
      ("accessToken", #"{"accessToken":"T"}"#, "application/json"),
      ("jwt", #"{"jwt":"T"}"#, "application/json"),
      ("nested", #"{"data":{"jwt_token":"T"}}"#, "application/json"),
    ])
  func shapes(name: String, body: String, type: String) throws {
    var rig = Rig()
    try rig.set(#"{"shape": "\#(name)"}"#)
    let answer = try rig.authenticate()
    let token = try #require(rig.simulator.mint.last)
    #expect(answer.text.replacing(token, with: "T") == body)
    #expect(answer.header("Content-Type") == type)
  }

  @Test(
    "what can't be meant is refused, and the faults before it stay",
    arguments: [
      (#"{"statuss": 500}"#, "unknown key statuss"), (#"{"status": "500"}"#, "status: "),
      (#"{"status": 99}"#, "status: must be between 200 and 599"), (#"{"times": 0}"#, "times: "),
      (#"{"delay": -1}"#, "delay: "), (#"{"hang": true, "reset": true}"#, "hang and reset exclude"),
      (#"{"html": true, "body": ""}"#, "body and html exclude"), (#"{"redirect": "a\r\nb"}"#, "redirect: "),
      (#"{"redirect": "/", "status": 200}"#, "status: "), (#"{"shape": "round"}"#, "shape: "),
      (#"{"exp_skew": 9223372036854775807}"#, "exp_skew: "), (#"{"oversized": 1e12}"#, "oversized: "),
      ("[]", ""), ("", ""), ("{", ""), (#"{"claims": 1e999}"#, ""), ("\u{FFFF}", ""),
    ])
  func refused(body: String, reason: String) throws {
    var rig = Rig()
    try rig.set(#"{"status": 500}"#)
    let answer = try rig.control("PUT", "/_sim/faults", body)
    #expect(answer.status == 400)
    #expect(answer.text.hasPrefix(#"{"error":""# + reason), "\(answer.text)")
    #expect(try rig.authenticate().status == 500)
  }

  @Test("bodies come compressed, or with an encoding that nobody knows")
  func encodings() throws {
    var rig = Rig()
    try rig.set(#"{"encoding": "gzip", "body": "abc"}"#)
    let gzip = try rig.authenticate()
    #expect(gzip.header("Content-Encoding") == "gzip")
    // By gzip -0 of Python, but for the operating system's byte.
    #expect(
      gzip.body == [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, 3, 0, 0xFC, 0xFF, 0x61, 0x62, 0x63, 0xC2, 0x41, 0x24, 0x35,
        3, 0, 0, 0,
      ])
    try rig.set(#"{"encoding": "deflate", "body": "abc"}"#)
    #expect(
      try rig.authenticate().body == [
        0x78, 1, 1, 3, 0, 0xFC, 0xFF, 0x61, 0x62, 0x63, 0x02, 0x4D, 0x01, 0x27,
      ])
    try rig.set(#"{"encoding": "x-unknown", "body": "abc"}"#)
    #expect(try rig.authenticate().text == "abc")
    try rig.set(#"{"cut": true, "body": "abc"}"#)
    #expect(try rig.authenticate().isCut)
  }

  @Test("claims as services write them that don't follow the RFC")
  func oddClaims() throws {
    var rig = Rig()
    let expiry = Int64(Rig.start) + 3600
    for (form, value) in [
      ("milliseconds", JSONValue.integer(expiry * 1000)), ("string", .string("\(expiry)")),
      ("fraction", .number(Double(expiry) + 0.5)), ("null", .null),
    ] {
      try rig.set(#"{"exp_as": "\#(form)"}"#)
      #expect(try claims(try rig.token())["exp"] == value)
    }
    try rig.set(#"{"nbf_skew": 90}"#)
    #expect(try claims(try rig.token())["nbf"] == .integer(Int64(Rig.start) + 90))
  }

  @Test("expires_in stands beside the token, and empty places before it")
  func objects() throws {
    var rig = Rig()
    try rig.set(#"{"expires_in": "60"}"#)
    #expect(try rig.authenticate().text.hasSuffix(#"","expires_in":"60"}"#))
    try rig.set(#"{"shape": "empty-first", "expires_in": 5}"#)
    let text = try rig.authenticate().text
    #expect(
      text.hasPrefix(#"{"token":"","accessToken":null,"jwt":"eyJ"#) && text.hasSuffix(#","expires_in":5}"#))
  }

  @Test("forms are taken, and can be asked for, with fields and headers")
  func forms() throws {
    var rig = Rig()
    func send(_ body: String, type: String, headers: [String: String] = [:]) throws -> Int {
      try rig.answer(
        Request(
          method: "POST", path: "/api/apikeys/authenticate",
          headers: headers.merging(["content-type": type]) { $1 }, body: Array(body.utf8))
      ).status
    }
    let (form, json) = ("application/x-www-form-urlencoded", "application/json")
    #expect(try send("clientId=id&clientSecret=s3cret", type: form) == 200)
    #expect(try send("clientId=%69d&clientSecret=s3+cret", type: form) == 401)
    #expect(try send("clientId=id", type: form) == 400)
    try rig.set(
      #"{"require_form": true, "require_fields": {"grant": "a b"}, "require_headers": {"x-key": "k"}}"#)
    #expect(try send(#"{"clientId":"id","clientSecret":"s3cret"}"#, type: json) == 415)
    #expect(try send("clientId=id&clientSecret=s3cret", type: form) == 400)
    #expect(try send("clientId=id&clientSecret=s3cret&grant=a+b", type: form) == 403)
    #expect(try send("clientId=id&clientSecret=s3cret&grant=a+b", type: form, headers: ["x-key": "k"]) == 200)
  }
}
