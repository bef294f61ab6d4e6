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
}
