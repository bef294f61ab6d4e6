internal import LinuxSystem
internal import TokenCore

/// A credential that only this host can decrypt (systemd-creds(1)).
enum EncryptedCredential {
  private static let patience = Duration.seconds(60)

  /// - Throws: 69 where it can't be encrypted, or what comes out isn't decrypted to the same.
  static func make(name: String, _ value: Secret) throws(OperatorFailure) -> Secret {
    var plain = value.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    defer { plain.wipe() }
    do throws(SystemError) {
      let program = try SystemProgram("systemd-creds")
      var failure = ""
      // First with all that this host has (its TPM and its key), then with its key alone.
      for key in ["auto", "host"] {
        let result = try program.run(
          ["encrypt", "--with-key=\(key)", "--name=\(name)", "-", "-"], input: plain, limit: patience)
        guard result.exitCode == 0 else {
          failure = String(decoding: result.error, as: UTF8.self)
          continue
        }
        var back = try program.run(
          ["decrypt", "--name=\(name)", "-", "-"], input: result.output, limit: patience)
        defer { back.output.wipe() }
        if back.exitCode == 0, Secret(back.output) == value { return Secret(result.output) }
        failure = String(decoding: back.error, as: UTF8.self)
      }
      throw SystemError("encrypt", "the credential \(name) (\(Printable.line(failure)))", errno: 5)
    } catch {
      throw OperatorFailure(error)
    }
  }
}
