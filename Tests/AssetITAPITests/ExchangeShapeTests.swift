import FoundationEssentials
import Testing
import TokenCore

@testable import AssetITAPI

@Suite("What gateways and frameworks do to an exchange")
struct ExchangeShapeTests {
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

  /// What `command` prints, by gzip(1).
  private static func gzip(_ command: String) throws -> [UInt8] {
    try ChildProcess.bytes(["sh", "-c", "\(command) | gzip -9"])
  }

  /// One stored block as zlib wraps it (RFC 1950, RFC 1951 section 3.2.4), which HTTP calls deflate.
  private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let length = UInt16(bytes.count)
    func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    func little(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }
    return [0x78, 0x01, 0x01] + little(length) + little(~length) + bytes + big(b << 16 | a)
  }

  private static func head(_ encoding: String, _ length: Int) -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(length)\r\n\r\n".utf8)
  }

  @Test("a compressed answer is read", arguments: [true, false])
  func compressed(gzip: Bool) async throws {
    let body =
      gzip
      ? try Self.gzip("printf %0300d 7") : Self.deflate([UInt8](repeating: UInt8(ascii: "x"), count: 300))
    let server = try LoopbackServer {
      $0.send(bytes: Self.head(gzip ? "gzip" : "deflate", body.count) + body)
    }
    let result = try await exchange(with: server) { $0.tokenFormat = .opaque }
    #expect(result.grant?.token.count == 300, "\(result)")
  }

  @Test("the limit counts decoded bytes")
  func bomb() async throws {
    let body = try Self.gzip("head -c 50000000 /dev/zero")
    #expect(body.count < 60_000)
    let server = try LoopbackServer { $0.send(bytes: Self.head("gzip", body.count) + body) }
    let result = try await exchange(with: server) { $0.tokenFormat = .opaque }
    #expect(result.failure == .unusableAnswer(.oversized(limit: 65_536)))
  }

  @Test("an encoding that nobody knows is said", arguments: ["rot13", "gzip"])
  func unknownEncoding(encoding: String) async throws {
    let body = Array("this is not compressed".utf8)
    let server = try LoopbackServer { $0.send(bytes: Self.head(encoding, body.count) + body) }
    let result = try await exchange(with: server)
    guard case .unusableAnswer(.encoding)? = result.failure else {
      Issue.record("\(result)")
      return
    }
  }

  @Test("a page with a 4xx is a gateway's", arguments: [400, 401, 403, 404, 405])
  func page(status: Int) async throws {
    let page = "\n<!DOCTYPE html>\n<html><head><title>Blocked</title></head></html>"
    let server = try LoopbackServer(answering: answer(page, status: "\(status) No"))
    let result = try await exchange(with: server)
    #expect(result.failure == .gatewayPage(status))
    #expect(result.failure.map { "\($0)" }?.contains("refused the client ID or secret") == false)
  }

  @Test("a refusal's own message is shown")
  func message() async throws {
    let body = #"{"message":"The API key \#(testSecret.replacing("\"", with: "\\\"")) has been deleted"}"#
    let server = try LoopbackServer(answering: answer(body, status: "401 Unauthorized"))
    let result = try await exchange(with: server)
    #expect(
      result.failure
        == .status(401, retryAfter: nil, detail: StatusDetail(message: "The API key … has been deleted")))
    #expect(result.failure.map { "\($0)" }?.contains("The API key … has been deleted") == true)
  }

  @Test("what looks wrong about the credentials is said with a refusal")
  func suspicion() async throws {
    let server = try LoopbackServer(answering: answer("", status: "401 Unauthorized"))
    let client = try ExchangeClient()
    defer { server.stop() }
    let request = AuthenticationRequest.test(.test(server.baseURL), secret: "hunter2 ")
    let result = await withCheckedContinuation { continuation in
      _ = client.start(request) { continuation.resume(returning: $0) }
    }
    #expect(result.failure.map { "\($0)" }?.contains("the client secret ends with a blank") == true)
  }

  @Test("a form with fixed fields and headers is sent as configured")
  func form() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    let headers = try [
      RequestHeader(name: "X-Api-Key", value: Secret("k3y value")),
      RequestHeader(name: "accept", value: Secret("application/vnd.x+json")),
    ]
    let result = try await exchange(with: server) {
      $0.body = .form
      $0.extraFields = ["grant_type": .string("client_credentials")]
      $0.headers = headers
    }
    #expect(result.grant != nil)
    let request = try #require(server.requests.first)
    #expect(request.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"))
    #expect(request.contains("\r\nX-Api-Key: k3y value\r\n"))
    #expect(request.contains("\r\naccept: application/vnd.x+json\r\n"))
    #expect(!request.contains("Accept: application/json"))
    #expect(
      request.contains(
        "clientId=the-id&clientSecret=s3cret%2F%22%C3%A9-do-not-show&grant_type=client_credentials"))
  }

  @Test(
    "a header that would break the request can't be configured",
    arguments: [
      ("", "v", .name), ("a b", "v", .name), ("X\r\nY", "v", .name), ("é", "v", .name),
      ("Host", "v", .reserved),
      ("content-LENGTH", "v", .reserved), ("Transfer-Encoding", "chunked", .reserved), ("X", "", .value),
      ("X", "a\r\nb", .value), ("X", " a", .value), ("X", "a ", .value), ("X", "é", .value),
      ("X", "a\u{0}", .value),
    ] as [(String, String, RequestHeader.Fault)])
  func headers(name: String, value: String, fault: RequestHeader.Fault) {
    #expect(throws: fault) { try RequestHeader(name: name, value: Secret(value)) }
  }
}
