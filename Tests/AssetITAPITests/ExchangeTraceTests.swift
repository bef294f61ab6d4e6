import Testing
import TokenCore

@testable import AssetITAPI

@Suite("An exchange that is explained")
struct ExchangeTraceTests {
  private func trace(
    _ answer: String, _ change: (inout ExchangeSettings) -> Void = { _ in }
  ) throws -> ExchangeTrace {
    let server = try LoopbackServer(answering: answer)
    defer { server.stop() }
    var settings = ExchangeSettings.test(server.baseURL)
    change(&settings)
    let trace = ExchangeTrace.make(.test(settings)) { 1_700_000_100 }
    let text = String(reflecting: trace)
    for secret in ["do-not-show", testToken, String(testToken.split(separator: ".")[1])] {
      #expect(!text.contains(secret), "\(text)")
    }
    return trace
  }

  @Test("tells what was sent and how it went")
  func sent() throws {
    let trace = try trace(answer(testToken))
    let request = try #require(trace.request)
    #expect(request.method == "POST")
    #expect(request.url.hasSuffix("/api/apikeys/authenticate"))
    #expect(request.body == #"{"clientId":"the-id","clientSecret":"…"}"#)
    #expect(Set(request.headerNames) == ["User-Agent", "Accept-Encoding", "Content-Type", "Accept"])
    let connection = try #require(trace.connection)
    #expect(connection.address == "127.0.0.1" && connection.port != nil)
    #expect(connection.httpVersion == "1.1")
    #expect(connection.tlsVersion == nil && connection.certificate == nil)
    #expect(connection.times.total > .zero)
    #expect(trace.result.grant != nil)
  }

  @Test("tells what came back, with the values of harmless headers only")
  func received() throws {
    let headers = [
      "Date: Tue, 14 Nov 2023 22:13:20 GMT", "Content-Type: application/json", "Set-Cookie: session=hunter2",
      "WWW-Authenticate: Bearer realm=\"hunter2\"", "Server: Express", "X-Token: \(testToken)",
    ]
    let trace = try trace(answer(#"{"message":"no such key","code":7}"#, status: "401 No", headers: headers))
    let answer = try #require(trace.answer)
    #expect(answer.status == 401)
    let values = Dictionary(
      answer.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(values["Server"] == "Express" && values["Content-Type"] == "application/json")
    #expect(values["WWW-Authenticate"] == "Bearer")
    #expect(values["Set-Cookie"] == .some(nil))
    #expect(answer.date == 1_700_000_000)
    #expect(answer.message == "no such key")
    #expect(trace.localTime == 1_700_000_100)
    #expect(trace.otherPlaces == ["header X-Token"])
    #expect(
      answer.body
        == .json([
          .init(pointer: "", kind: "object", looksLikeToken: false),
          .init(pointer: "/message", kind: "string of 11 characters", looksLikeToken: false),
          .init(pointer: "/code", kind: "number", looksLikeToken: false),
        ]))
  }

  @Test("tells where a token lies that is looked for elsewhere")
  func elsewhere() throws {
    let trace = try trace(answer(#"{"data":{"jwt/token":"\#(testToken)","old":"JWT \#(testToken)"}}"#))
    #expect(trace.token == nil)
    #expect(trace.otherPlaces == ["/data/jwt~1token", "/data/old"])
    #expect(
      trace.result.failure
        == .unusableAnswer(.noToken(lookedAt: ["/token", "/accessToken", "/access_token", "/jwt"])))
  }

  @Test("tells the token's claims, and of dates and names their values")
  func claims() throws {
    let trace = try trace(answer(#"{"token":"\#(testToken)","expires_in":60}"#))
    let token = try #require(trace.token)
    #expect(token.place == "/token" && token.length == testToken.utf8.count)
    #expect(
      token.claims == [
        .init(name: "exp", kind: "number", value: "1700086400"),
        .init(name: "iat", kind: "number", value: "1700000000"),
      ])
    #expect(token.claimedLifetime == 86_400 && token.expiresIn == 60)
    #expect(trace.result.grant?.lifetime == .seconds(60))
  }

  @Test("tells the claims of a token that can't be used, too")
  func unusable() throws {
    let payload = "eyJleHAiOnRydWUsInN1YiI6InNlY3JldCJ9"
    let trace = try trace(answer("e30.\(payload).c2ln"))
    #expect(trace.token?.claims.map(\.name) == ["exp", "sub"])
    #expect(trace.token?.claims.map(\.value) == ["true", nil])
    #expect(trace.result.failure != nil)
  }

  @Test("tells a page's title, and that nothing was sent where nothing could be")
  func others() throws {
    let page = try trace(answer("<html><TITLE lang=x>Log in \(testToken)</title>", status: "403 No"))
    #expect(page.answer?.body == .page(title: "Log in …"))
    #expect(page.result.failure == .gatewayPage(403))
    let impossible = try trace("") { $0.tokenPointer = "nowhere" }
    #expect(impossible.request == nil && impossible.result.kind == "unusableSetting")
    let refused = try trace("") { $0.baseURL = "http://127.0.0.1:1" }
    #expect(refused.answer == nil && refused.request != nil)
  }

  @Test(
    "tells TLS and the certificate",
    .enabled(if: Certificates.isPossible, "openssl isn't installed: nothing about TLS has been tested"))
  func tls() throws {
    let certificates = try Certificates()
    let authority = try certificates.authority("authority")
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let server = try TLSServer(certificate, answering: answer(testToken))
    defer { server.stop() }
    var settings = ExchangeSettings.test(server.baseURL)
    settings.caFile = authority.file
    let connection = try #require(ExchangeTrace.make(.test(settings)) { 1_700_000_000 }.connection)
    #expect(connection.tlsVersion == "TLSv1.3")
    #expect(connection.cipher?.hasPrefix("TLS_") == true)
    #expect(connection.certificate?.issuer?.contains("authority") == true)
    #expect(connection.certificate?.subject != nil && connection.certificate?.notAfter != nil)
    #expect(connection.times.tls != nil)
  }
}
