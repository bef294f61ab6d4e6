import FoundationEssentials
import Glibc
import LinuxSystem
import TokenConfig
import TokenCore

/// Is the configuration in order, with the secrets that it needs?
enum ConfigurationCheck {
  /// - Parameter unit: where the secrets are loaded from; `nil`: this host doesn't run systemd.
  static func run(_ path: String, _ unit: ServiceUnit?) -> (Configuration?, [Finding]) {
    guard access(path, R_OK) == 0 || errno != EACCES else {
      return (nil, [.skipped("configuration: this user may not read \(path); root sees more (sudo)")])
    }
    var loader = ConfigurationLoader.fromEnvironment(ProcessInfo.processInfo.environment)
    // They are looked at one by one, where the unit takes them from.
    loader.checksSecrets = false
    loader.looksBesideConfiguration = true
    do throws(ConfigurationProblems) {
      let configuration = try loader.load(path: path)
      let names = configuration.profiles.map(\.name).joined(separator: ", ")
      var findings = [Finding.ok("configuration: \(path) is in order (profiles: \(names))")]
      if geteuid() == 0 {
        // A unit that can't be asked is taken for the packaged one.
        let loaded = (try? unit?.credentials()) ?? SecretCheck.packaged
        let check = SecretCheck(reader: loader.credentialReader(for: configuration), loaded: loaded)
        findings += check.findings(configuration)
        findings += loader.remarks(on: configuration).map { .doubtful("secrets: \($0)") }
      } else {
        findings.append(.skipped("secrets: only root may look at them (sudo)"))
      }
      return (configuration, findings)
    } catch {
      return (nil, error.all.map { .wrong("configuration: \($0)", .configuration) })
    }
  }
}
