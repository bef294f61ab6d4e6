import Glibc
import LinuxSystem
import TokenConfig
import TokenCore

/// Are the client IDs and secrets where the unit takes them from, and fit for it? For root: nobody else may look.
struct SecretCheck {
  /// What the packaged unit loads.
  static let packaged = LoadedCredentials(unitText: "LoadCredential=secrets:/etc/assetit-tokend/secrets")
  private static let patience = Duration.seconds(20)

  let reader: CredentialReader
  let loaded: LoadedCredentials

  func findings(_ configuration: Configuration) -> [Finding] {
    let wrong = configuration.profiles.flatMap { profile in
      [
        finding(profile.clientID, isSecret: false, "client ID of \(profile.name)"),
        finding(profile.clientSecret, isSecret: true, "secret of \(profile.name)"),
      ].compactMap { $0 }
    }
    return wrong.isEmpty
      ? [.ok("secrets: all are there, readable for the service and for nobody else")] : wrong
  }

  /// `nil`: all is well.
  private func finding(_ source: CredentialSource, isSecret: Bool, _ what: String) -> Finding? {
    guard case .credential(let name) = source else { return finding(reading: source, isSecret, what) }
    let sources = loaded.sources(of: name)
    guard let first = sources.first else {
      return .wrong(
        "\(what): the unit loads no credential \(name): add LoadCredential=\(name):FILE to it (systemctl edit"
          + " assetit-tokend)", .configuration)
    }
    switch sources.first(where: { access($0.path, F_OK) == 0 }) {
    case .plain(let path)?: return finding(reading: .file(path), isSecret, what)
    case .encrypted(let path)?: return finding(decrypting: path, name, what)
    case nil:
      return .wrong(
        "\(what): write it to \(first.path) (root, 0600), then systemctl restart assetit-tokend",
        .configuration)
    }
  }

  private func finding(reading source: CredentialSource, _ isSecret: Bool, _ what: String) -> Finding? {
    do throws(CredentialError) {
      _ = try reader.read(source, isSecret: isSecret)
      return nil
    } catch {
      return .wrong("\(what): \(error)", .configuration)
    }
  }

  private func finding(decrypting path: String, _ name: String, _ what: String) -> Finding? {
    do throws(SystemError) {
      var result = try SystemProgram("systemd-creds").run(
        ["decrypt", "--name=\(name)", path, "-"], limit: Self.patience)
      defer { result.output.wipe() }
      if result.exitCode == 0 { return nil }
      let reason = Printable.line(String(decoding: result.error, as: UTF8.self))
      return .wrong(
        "\(what): this host can't decrypt \(path) (\(reason)): assetit-token rotate encrypts a new one",
        .configuration)
    } catch {
      return .skipped("\(what): \(path) can't be tried: \(error)")
    }
  }
}
