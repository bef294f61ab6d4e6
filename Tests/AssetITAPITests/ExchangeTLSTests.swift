import Testing
import TokenCore

@testable import AssetITAPI

@Suite(
  "An exchange over TLS",
  .enabled(if: Certificates.isPossible, "openssl isn't installed: nothing about TLS has been tested"))
struct ExchangeTLSTests {
  private let certificates: Certificates
  private let authority: Certificate

  init() throws {
    certificates = try Certificates()
    authority = try certificates.authority("authority")
  }

  private func exchange(
    _ certificate: Certificate, trusting caFile: String?, options: [String] = [],
    _ change: (inout ExchangeSettings) -> Void = { _ in }
  ) async throws -> Result<TokenGrant, ExchangeFailure> {
    let server = try TLSServer(certificate, answering: answer(testToken), options: options)
    let client = try ExchangeClient()
    defer {
      client.shutDown()
      server.stop()
    }
    var settings = ExchangeSettings.test(server.baseURL)
    settings.caFile = caFile
    change(&settings)
    return await client.exchange(settings)
  }

  @Test("works with the right authority and name")
  func right() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let result = try await exchange(certificate, trusting: authority.file)
    #expect(result.grant?.token.text == testToken, "\(result)")
  }

  @Test("works with TLS 1.2")
  func tls12() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let result = try await exchange(certificate, trusting: authority.file, options: ["-tls1_2"])
    #expect(result.grant != nil, "\(result)")
  }

  @Test("refuses TLS 1.1")
  func tls11() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let result = try await exchange(
      certificate, trusting: authority.file, options: ["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
    #expect(result.kind == "handshake with 127.0.0.1", "\(result)")
  }

  @Test("refuses another authority, and the system's know none of a test's")
  func authority() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let other = try certificates.authority("other")
    for caFile in [other.file, nil] {
      let result = try await exchange(certificate, trusting: caFile)
      #expect(result.kind == "certificate of 127.0.0.1", "\(result)")
      #expect(result.failure?.failureClass == .misconfigured)
    }
  }

  @Test("refuses another name")
  func name() async throws {
    let certificate = try certificates.server(
      "elsewhere", by: authority, for: "DNS:elsewhere.example,IP:127.0.0.2")
    let result = try await exchange(certificate, trusting: authority.file)
    #expect(result.kind == "certificate of 127.0.0.1", "\(result)")
  }

  @Test(
    "takes a certificate outside of its dates for one that may be renewed",
    arguments: [("20200101000000Z", "20200102000000Z"), ("20900101000000Z", "20900102000000Z")])
  func dates(begin: String, end: String) async throws {
    let certificate = try certificates.server("old", by: authority, for: "IP:127.0.0.1", dates: (begin, end))
    let result = try await exchange(certificate, trusting: authority.file)
    #expect(result.kind == "certificateDates of 127.0.0.1", "\(result)")
    #expect(result.failure?.failureClass == .transient)
  }

  @Test("names a file of authorities that is missing or holds none")
  func unusableFile() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    for caFile in ["\(certificates.folder)/missing.pem", certificate.key] {
      let result = try await exchange(certificate, trusting: caFile)
      #expect(result.kind == "unusableSetting", "\(result)")
      #expect(String(describing: result).contains(caFile))
    }
  }

  @Test("a replaced file of authorities counts at once")
  func replacedFile() async throws {
    let other = try certificates.authority("other")
    let file = "\(certificates.folder)/trusted.pem"
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let server = try TLSServer(certificate, answering: answer(testToken))
    let client = try ExchangeClient()
    var settings = ExchangeSettings.test(server.baseURL)
    settings.caFile = file
    var kinds: [String] = []
    for trusted in [authority, other, authority] {
      try ChildProcess.run(["cp", trusted.file, file])
      kinds.append(await client.exchange(settings).kind)
    }
    #expect(kinds == ["grant", "certificate of 127.0.0.1", "grant"])
    client.shutDown()
    server.stop()
  }

  @Test("reports a service without TLS as a handshake that failed")
  func plain() async throws {
    let server = try LoopbackServer { $0.send("HTTP/1.1 400 Bad Request\r\n\r\n") }
    let client = try ExchangeClient()
    let result = await client.exchange(.test("https://127.0.0.1:\(server.port)"))
    #expect(result.kind == "handshake with 127.0.0.1", "\(result)")
    client.shutDown()
    server.stop()
  }

  /// HTTP/2 frames (RFC 9113 section 4.1) by hand.
  private enum HTTP2 {
    static func frame(_ type: UInt8, _ flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    /// An answer to stream 1: SETTINGS, its acknowledgement, HEADERS with `:status: 200` (RFC 7541), DATA.
    static func answer(_ body: String) -> [UInt8] {
      frame(4, 0, stream: 0, []) + frame(4, 1, stream: 0, [])
        + frame(1, 4, stream: 1, [8, 3] + "200".utf8) + frame(0, 1, stream: 1, Array(body.utf8))
    }

    /// The connection ends (GOAWAY) for a broken protocol.
    static let goAway = frame(4, 0, stream: 0, []) + frame(7, 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 1])
  }

  @Test("speaks HTTP/2 with a service that speaks nothing else")
  func http2() async throws {
    let certificate = try certificates.server("h2", by: authority, for: "IP:127.0.0.1")
    let server = try TLSServer(certificate, options: ["-alpn", "h2"]) { request in
      request.contains("PRI * HTTP/2.0") && request.contains("}") ? HTTP2.answer(testToken) : nil
    }
    let client = try ExchangeClient()
    defer {
      client.shutDown()
      server.stop()
    }
    var settings = ExchangeSettings.test(server.baseURL)
    settings.caFile = authority.file
    let result = await client.exchange(settings)
    #expect(result.grant?.token.text == testToken, "\(result)")
    #expect(ExchangeTrace.make(.test(settings)) { 1_700_000_000 }.connection?.httpVersion == "2")
  }

  @Test("speaks HTTP/1.1 after an error of HTTP/2 itself")
  func fallback() async throws {
    let certificate = try certificates.server("h2", by: authority, for: "IP:127.0.0.1")
    let server = try TLSServer(certificate, options: ["-alpn", "h2,http/1.1"]) { request in
      guard request.contains("}") else { return nil }
      return request.contains("PRI * HTTP/2.0") ? HTTP2.goAway : Array(answer(testToken).utf8)
    }
    let client = try ExchangeClient()
    defer {
      client.shutDown()
      server.stop()
    }
    var settings = ExchangeSettings.test(server.baseURL)
    settings.caFile = authority.file
    let first = await client.exchange(settings)
    #expect(first.failure?.failureClass == .transient, "\(first)")
    let second = await client.exchange(settings)
    #expect(second.grant != nil, "\(second)")
  }

  @Test("shows a client certificate where one is asked for, and says so where none is set")
  func clientCertificate() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let client = try certificates.server("client", by: authority, for: "DNS:client")
    let options = ["-Verify", "2", "-verify_return_error", "-CAfile", authority.file]
    let without = try await exchange(certificate, trusting: authority.file, options: options)
    #expect(without.kind == "certificateWanted by 127.0.0.1", "\(without)")
    let with = try await exchange(certificate, trusting: authority.file, options: options) {
      $0.clientCertificate = client.file
      $0.clientKey = client.key
    }
    #expect(with.grant != nil, "\(with)")
  }

  @Test("says that a client certificate's files can't be used, and never asks for a passphrase")
  func clientCertificateFiles() async throws {
    let certificate = try certificates.server("right", by: authority, for: "IP:127.0.0.1")
    let client = try certificates.server("client", by: authority, for: "DNS:client")
    let locked = certificates.folder + "/locked.key"
    try ChildProcess.run(
      ["openssl", "pkey", "-in", client.key, "-aes256", "-passout", "pass:hunter2", "-out", locked])
    for key in [locked, authority.key, "/nonexistent"] {
      let result = try await exchange(certificate, trusting: authority.file) {
        $0.clientCertificate = client.file
        $0.clientKey = key
      }
      #expect(result.kind == "unusableSetting", "\(key): \(result)")
      #expect(result.failure.map { "\($0)" }?.contains("client_key") == true)
    }
  }
}
