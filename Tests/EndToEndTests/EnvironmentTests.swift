import Testing

/// Environment variables that change what libcurl and OpenSSL do: which of them count (docs/security.md).
@Suite(
  "Of the environment", .turnstile,
  .enabled(if: Files.isProgram("socat") && Files.isProgram("openssl"), "needs socat, openssl"))
struct EnvironmentTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// `fetch` from a simulator behind TLS. `trusted`: with the certificate's authority in the configuration.
  private func fetch(
    _ environment: [String: String], trusted: Bool = true, _ arguments: [String] = ["fetch"]
  ) async throws -> (Int32, String) {
    let authority = try await configure(trusted: trusted)
    let variables = environment.mapValues { $0.replacing("AUTHORITY", with: authority.path) }
    let run = try bench.daemon(arguments, environment: variables)
    guard case .exited(let code) = try await run.process.ended() else { return (-1, run.log) }
    return (code, run.log)
  }

  private func configure(trusted: Bool) async throws -> CertificateAuthority {
    let simulator = try await bench.simulator()
    let authority = try await CertificateAuthority(bench)
    let port = try await bench.front(simulator, certificate: authority.certificate(for: "IP:127.0.0.1"))
    let api = trusted ? "ca_file = \"\(authority.path)\"" : ""
    try bench.configure(bench.profile(at: port, api: api, scheme: "https"))
    return authority
  }

  @Test("SSLKEYLOGFILE is ignored, so nobody can read recorded traffic with it")
  func keyLog() async throws {
    let path = "\(bench.folder)/keys"
    for arguments in [["fetch"], ["fetch", "--explain"]] {
      let (code, log) = try await EnvironmentTests().fetch(["SSLKEYLOGFILE": path], arguments)
      #expect(code == 0, "\(log)")
    }
    _ = try await configure(trusted: true)
    let run = try await bench.client(
      ["rotate", "--dry-run", "--config", bench.configurationPath, "--secret-file", bench.secretPath],
      environment: ["SSLKEYLOGFILE": path])
    #expect(run.ending == .exited(0), "\(run)")
    #expect(!Files.exists(path))
  }

  @Test(
    "no variable adds an authority that is trusted",
    arguments: ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
  func authorities(variable: String) async throws {
    let (code, log) = try await fetch([variable: "AUTHORITY"], trusted: false)
    #expect(code != 0)
    #expect(log.contains("is not trusted"), "\(log)")
  }

  @Test(
    "the proxy's variables count, in capitals or not",
    arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
  func proxies(variable: String) async throws {
    // Port 9 (discard) is nobody's.
    let (code, log) = try await fetch([variable: "http://127.0.0.1:9"])
    #expect(code != 0)
    #expect(log.contains("port 9"), "\(log)")
    let (excepted, _) = try await EnvironmentTests().fetch([
      variable: "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1",
    ])
    #expect(excepted == 0)
  }

  @Test(
    "those of HTTP without TLS don't, since no secret goes that way", arguments: ["HTTP_PROXY", "http_proxy"])
  func plainProxies(variable: String) async throws {
    let (code, log) = try await fetch([variable: "http://127.0.0.1:9"])
    #expect(code == 0, "\(log)")
  }

  @Test("OPENSSL_CONF counts: it can load code into the daemon")
  func openSSL() async throws {
    let path = "\(bench.folder)/openssl.cnf"
    // Without the provider that has the ciphers no handshake is possible.
    try Files.write(
      "openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n", to: path)
    let (code, log) = try await fetch(["OPENSSL_CONF": path])
    #expect(code != 0)
    #expect(log.contains("TLS handshake"), "\(log)")
  }
}
