import Testing
import TokenCore

@testable import AssetITAPI

@Suite("An exchange over plain loopback")
struct ExchangeTests {
  private func exchange(
    with server: LoopbackServer, _ change: (inout ExchangeSettings) -> Void = { _ in }
  ) async throws -> Result<TokenGrant, ExchangeFailure> {
    let client = try ExchangeClient(localTime: { 1_700_000_000 })
    defer {
      client.shutDown()
      server.stop()
    }
    var settings = ExchangeSettings.test(server.baseURL)
    change(&settings)
    return await client.exchange(settings)
  }

  @Test("sends the documented request and nothing more")
  func request() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    _ = try await exchange(with: server)
    let body = #"{"clientId":"the-id","clientSecret":"s3cret/\"é-do-not-show"}"#
    let expected = [
      "POST /api/apikeys/authenticate HTTP/1.1", "Host: 127.0.0.1:\(server.port)",
      "User-Agent: \(Release.userAgent)", "Content-Type: application/json",
      "Accept: application/json, text/plain", "Accept-Encoding: gzip, deflate",
      "Content-Length: \(body.utf8.count)",
    ]
    let request = try #require(server.requests.first)
    let parts = request.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
    #expect(parts.first?.split(separator: "\r\n").map(String.init).sorted() == expected.sorted())
    #expect(parts.last == body)
    #expect(server.requests.count == 1)
  }

  @Test("joins base URL and path with one slash, and uses the configured fields")
  func configured() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    _ = try await exchange(with: server) {
      $0.baseURL += "/tenant//"
      $0.authenticatePath = "/v2/auth?x=1"
      $0.clientIDField = "id"
      $0.clientSecretField = "a key"
    }
    let request = try #require(server.requests.first)
    #expect(request.hasPrefix("POST /tenant/v2/auth?x=1 HTTP/1.1\r\n"))
    #expect(request.hasSuffix("\r\n\r\n" + #"{"a key":"s3cret/\"é-do-not-show","id":"the-id"}"#))
  }

  @Test(
    "brings a token in whatever wrapping",
    arguments: [
      answer(testToken),
      answer("\u{FEFF} JWT \(testToken)\r\n", headers: ["Content-Type: text/plain"]),
      answer("\"\(testToken)\"", headers: ["Content-Type: application/json"]),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "14\r\n\(testToken.prefix(20))\r\n\(String(testToken.count - 20, radix: 16))\r\n"
        + "\(testToken.dropFirst(20))\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n" + answer(testToken, status: "201 Created"),
      "HTTP/1.0 200 OK\r\n\r\n{\"token\":\"\(testToken)\"}",
      answer(testToken, headers: ["Content-Type: text/html; charset=utf-8"]),
      answer("\"\(testToken)\"", headers: ["Content-Type: text/html"]),
      answer("{\"access_token\":\"\(testToken)\"}", headers: ["Content-Type: application/octet-stream"]),
    ])
  func wrapped(answer: String) async throws {
    let result = try await exchange(with: LoopbackServer(answering: answer))
    let grant = try #require(result.grant)
    #expect(grant.token.text == testToken)
    #expect(grant.lifetime == .seconds(86_399))
    #expect(grant.issuedAt == 1_700_000_000 && grant.expiresAt == 1_700_086_400)
  }

  @Test("counts the lifetime by the service's clock, unless a cache answered")
  func clocks() async throws {
    let date = "Date: Tue, 14 Nov 2023 23:13:20 GMT"
    let dated = try await exchange(with: LoopbackServer(answering: answer(testToken, headers: [date])))
    #expect(dated.grant?.lifetime == .seconds(82_799))
    let cached = try await exchange(
      with: LoopbackServer(answering: answer(testToken, headers: [date, "Age: 5"])))
    #expect(cached.grant?.lifetime == .seconds(86_399))
    let late = answer(testToken, headers: ["date: Wed, 15 Nov 2023 22:13:20 GMT"])
    let expired = try await exchange(with: LoopbackServer(answering: late))
    #expect(expired.failure == .unusableAnswer(.expired))
  }

  @Test(
    "says what is wrong with an answer of 2xx",
    arguments: [
      (answer("", status: "204 No Content"), .empty), ("HTTP/1.1 200 OK\r\nTransfer-Enc", .empty),
      (answer(" \n"), .empty),
      (answer("<!doctype html>"), .html), (answer("OK"), .notJWT),
      (answer(#"{"exp":1}"#), .noToken(lookedAt: ["/token", "/accessToken", "/access_token", "/jwt"])),
    ] as [(String, UnusableAnswer)])
  func unusable(answer: String, expected: UnusableAnswer) async throws {
    let result = try await exchange(with: LoopbackServer(answering: answer))
    #expect(result.failure == .unusableAnswer(expected))
  }

  @Test(
    "keeps a status however the connection ends",
    arguments: [
      (answer("no", status: "401 Unauthorized"), .status(401, retryAfter: nil)),
      ("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\ncut", .status(401, retryAfter: nil)),
      ("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\nxyz", .status(403, retryAfter: nil)),
      (
        answer(String(repeating: "x", count: 300_000), status: "404 Not Found"),
        .status(404, retryAfter: nil)
      ),
      (
        answer("", status: "429 Too Many Requests", headers: ["Retry-After: 7"]),
        .status(429, retryAfter: .seconds(7))
      ),
      (
        answer(
          "", status: "503 Service Unavailable",
          headers: ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after:\tSun, 06 Nov 1994 08:50:07 GMT"]),
        .status(503, retryAfter: .seconds(30))
      ),
      (answer("", status: "500 Oops", headers: ["Retry-After: soon"]), .status(500, retryAfter: nil)),
    ] as [(String, ExchangeFailure)])
  func statuses(answer: String, expected: ExchangeFailure) async throws {
    let result = try await exchange(with: LoopbackServer(answering: answer))
    #expect(result.failure == expected)
  }

  @Test("never follows a redirect", arguments: [301, 302, 303, 307, 308])
  func redirect(status: Int) async throws {
    let target = try LoopbackServer(answering: answer(testToken))
    let header = "Location: \(target.baseURL)/elsewhere"
    let result = try await exchange(
      with: LoopbackServer(answering: answer("", status: "\(status) Moved", headers: [header])))
    #expect(result.failure == .status(status, retryAfter: nil))
    target.stop()
    #expect(target.requests.isEmpty)
  }

  @Test(
    "says that an answer was cut off, or is no HTTP, and not that there was no connection",
    arguments: [
      ("", "cutOff by"), ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf", "cutOff by"),
      ("\(testToken)", "notHTTP of"), ("HTTP/9.9 200 OK\r\n\r\n", "notHTTP of"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "cutOff by"),
    ])
  func broken(answer: String, kind: String) async throws {
    let result = try await exchange(with: LoopbackServer(answering: answer))
    #expect(result.kind == "\(kind) 127.0.0.1", "\(result)")
    #expect(result.failure?.failureClass == .transient)
    #expect(result.failure.map { "\($0)" }?.contains("no connection") == false)
  }

  @Test("tells a connection that was reset from one that was refused")
  func refused() async throws {
    let resetting = try await exchange(with: LoopbackServer { $0.reset() })
    #expect(resetting.kind == "cutOff by 127.0.0.1", "\(resetting)")
    let gone = try LoopbackServer(answering: "")
    gone.stop()
    let client = try ExchangeClient()
    let refused = await client.exchange(.test(gone.baseURL))
    #expect(refused.kind == "network to 127.0.0.1", "\(refused)")
  }

  @Test("reports a name that cannot be resolved")
  func nameless() async throws {
    // A label of 64 bytes is refused before any query is sent (RFC 1035 section 2.3.4).
    let host = String(repeating: "a", count: 64) + ".example"
    let client = try ExchangeClient()
    let result = await client.exchange(.test("http://\(host)"))
    #expect(result.kind == "nameResolution of \(host)", "\(result)")
  }
}
