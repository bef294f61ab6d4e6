import Testing

/// The simulator behind a TLS front (socat), with an authority that the test makes.
@Suite(
  "Over TLS", .turnstile,
  .enabled(if: Files.isProgram("socat") && Files.isProgram("openssl"), "needs socat, openssl"))
struct TLSTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func start(_ port: Int, trusting path: String) throws -> Daemon {
    try bench.configure(bench.profile(at: port, api: "ca_file = \"\(path)\"", scheme: "https"))
    return try bench.daemon()
  }

  /// What must be so where the certificate was not accepted.
  private func expectRefusal(_ simulator: Simulator, _ daemon: Daemon, _ reason: String) async throws {
    try await daemon.logs("attempt 2 failed")
    let line = try #require(daemon.lines(with: "attempt 1 failed").first)
    #expect(line.contains(reason), "\(line)")
    #expect(try simulator.requests().isEmpty, "the secret was not sent")
    #expect(!Files.exists(bench.file))
    #expect(daemon.process.poll() == nil, "for 30 s it may still be somebody's mistake")
  }

  @Test("with the authority in ca_file everything works end to end")
  func trusted() async throws {
    let simulator = try await bench.simulator(lifetime: 4)
    let authority = try await CertificateAuthority(bench)
    let port = try await bench.front(simulator, certificate: authority.certificate(for: "IP:127.0.0.1"))
    let daemon = try start(port, trusting: authority.path)
    let header = try await Reader.firstHeader(bench.socket)
    #expect(try simulator.accepts(header.text))
    try await daemon.logs("new token", times: 2)
    #expect(daemon.lines(with: "failed").isEmpty)
  }

  @Test("by name as well as by address")
  func byName() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let port = try await bench.front(simulator, certificate: authority.certificate(for: "DNS:localhost"))
    let text = bench.profile(at: port, api: "ca_file = \"\(authority.path)\"", scheme: "https")
    try bench.configure(text.replacing("127.0.0.1", with: "localhost"))
    _ = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    #expect(try simulator.accepts(header.text))
  }

  @Test("another authority's certificate is refused")
  func otherAuthority() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let other = try await CertificateAuthority(bench, name: "other")
    let port = try await bench.front(simulator, certificate: other.certificate(for: "IP:127.0.0.1"))
    let daemon = try start(port, trusting: authority.path)
    try await expectRefusal(simulator, daemon, "the certificate of 127.0.0.1 is not trusted")
    #expect(!daemon.lines(with: "name its authority in ca_file").isEmpty)
  }

  @Test("the system's authorities don't know this one")
  func systemAuthorities() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let port = try await bench.front(simulator, certificate: authority.certificate(for: "IP:127.0.0.1"))
    try bench.configure(bench.profile(at: port, scheme: "https"))
    let daemon = try bench.daemon()
    try await expectRefusal(simulator, daemon, "the certificate of 127.0.0.1 is not trusted")
  }

  @Test("a certificate for another host is refused", arguments: ["DNS:api.example.com", "IP:127.0.0.2"])
  func otherHost(subject: String) async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let port = try await bench.front(simulator, certificate: authority.certificate(for: subject))
    let daemon = try start(port, trusting: authority.path)
    try await expectRefusal(simulator, daemon, "the certificate of 127.0.0.1 is not trusted")
    #expect(!daemon.lines(with: "check base_url").isEmpty)
  }

  @Test("one that has expired is refused, and the log tells of its dates and of this host's clock")
  func expired() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let certificate = try await authority.certificate(for: "IP:127.0.0.1", hasEnded: true)
    let daemon = try start(
      try await bench.front(simulator, certificate: certificate), trusting: authority.path)
    try await expectRefusal(simulator, daemon, "the certificate of 127.0.0.1 is outside its dates")
    #expect(!daemon.lines(with: "check this host's clock, or have it renewed").isEmpty)
  }

  @Test("TLS 1.1 is refused")
  func oldProtocol() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let certificate = try await authority.certificate(for: "IP:127.0.0.1")
    let old = ",openssl-max-proto-version=TLS1.1,cipher=DEFAULT@SECLEVEL=0"
    let port = try await bench.front(simulator, certificate: certificate, options: old)
    let daemon = try start(port, trusting: authority.path)
    try await expectRefusal(simulator, daemon, "the TLS handshake with 127.0.0.1 failed")
  }

  @Test("a service that speaks no TLS at all gets no secret")
  func noTLS() async throws {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let daemon = try start(simulator.port, trusting: authority.path)
    try await expectRefusal(simulator, daemon, "the TLS handshake with 127.0.0.1 failed")
  }
}
