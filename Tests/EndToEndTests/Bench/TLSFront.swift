import Testing

extension Bench {
  /// Puts TLS (socat) before the simulator.
  ///
  /// - Parameters:
  ///   - certificate: a file with certificate and key.
  ///   - options: more of socat's options for the listening address.
  /// - Returns: the port on which TLS is spoken.
  func front(_ simulator: Simulator, certificate: String, options: String = "") async throws -> Int {
    let listen = "OPENSSL-LISTEN:0,bind=127.0.0.1,reuseaddr,fork,verify=0,cert=\(certificate)\(options)"
    let arguments = ["-d", "-d", listen, "TCP:127.0.0.1:\(simulator.port)"]
    _ = try start("socat", arguments, as: "front")
    return try await eventually("the front's port") {
      let line = Files.text("\(folder)/front.err").split(separator: "\n")
        .first { $0.contains("listening on") }
      return line?.split(separator: ":").last.flatMap { Int($0) }
    }
  }
}
