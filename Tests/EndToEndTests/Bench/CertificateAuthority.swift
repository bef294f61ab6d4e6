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
  ///   - hasEnded: it was good for one day of 2020; otherwise for two days from now.
  func certificate(for subject: String, hasEnded: Bool = false) async throws -> String {
    let base = "\(bench.folder)/\(name)-server"
    try await openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server",
      "-keyout", "\(base).key", "-out", "\(base).csr")
    let configuration = """
      subjectAltName = \(subject)
      [ca]
      default_ca = own
      [own]
      database = \(base).index
      new_certs_dir = \(bench.folder)
      rand_serial = yes
      default_md = sha256
      policy = any
      [any]
      commonName = supplied

      """
    try Files.write(configuration, to: "\(base).cnf")
    try Files.write("", to: "\(base).index")
    // x509(1) can't make one that has ended: 3.5 takes no negative number of days, 3.0 no dates.
    let dates = hasEnded ? ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"] : ["-days", "2"]
    try await openssl(
      [
        "ca", "-batch", "-notext", "-config", "\(base).cnf", "-extfile", "\(base).cnf", "-in", "\(base).csr",
        "-out", "\(base).crt", "-cert", path, "-keyfile", "\(bench.folder)/\(name).key",
      ] + dates)
    try Files.write(Files.text("\(base).crt") + Files.text("\(base).key"), to: "\(base).pem")
    return "\(base).pem"
  }

  private func openssl(_ arguments: String...) async throws { try await openssl(arguments) }

  private func openssl(_ arguments: [String]) async throws {
    let ending = try await bench.start("openssl", arguments, as: "openssl").ended()
    try #require(ending == .exited(0), "\(Files.text("\(bench.folder)/openssl.err"))")
  }
}
