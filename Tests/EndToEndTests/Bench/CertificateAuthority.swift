import Testing

/// An authority of a test's own, and the certificates that it issues, made by openssl(1).
struct CertificateAuthority {
  let bench: Bench
  let name: String

  /// The file that clients trust.
  var path: String { "\(bench.folder)/\(name).crt" }

  init(_ bench: Bench, name: String = "ca") async throws {
    self.bench = bench
    self.name = name
    try await openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=Authority \(name)", "-keyout", "\(bench.folder)/\(name).key", "-out", path)
  }

  /// A certificate with its key in one file.
  ///
  /// - Parameters:
  ///   - subject: as in subjectAltName (x509v3_config(5)), such as `IP:127.0.0.1`.
  ///   - days: for how long it is good; -1: it ended yesterday.
  func certificate(for subject: String, days: Int = 2) async throws -> String {
    let base = "\(bench.folder)/\(name)-server"
    try Files.write("subjectAltName=\(subject)\n", to: "\(base).ext")
    try await openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server",
      "-keyout", "\(base).key", "-out", "\(base).csr")
    try await openssl(
      "x509", "-req", "-in", "\(base).csr", "-CA", path, "-CAkey", "\(bench.folder)/\(name).key",
      "-CAcreateserial", "-days", "\(days)", "-extfile", "\(base).ext", "-out", "\(base).crt")
    try Files.write(Files.text("\(base).crt") + Files.text("\(base).key"), to: "\(base).pem")
    return "\(base).pem"
  }

  private func openssl(_ arguments: String...) async throws {
    let ending = try await bench.start("openssl", arguments, as: "openssl").ended()
    try #require(ending == .exited(0), "\(Files.text("\(bench.folder)/openssl.err"))")
  }
}
