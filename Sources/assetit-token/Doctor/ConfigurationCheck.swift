import FoundationEssentials
import Glibc
import TokenConfig
import TokenCore

/// Is the configuration in order, with the secrets that it names?
enum ConfigurationCheck {
  static func run(_ path: String) -> (Configuration?, [Finding]) {
    guard access(path, R_OK) == 0 || errno != EACCES else {
      return (nil, [.skipped("configuration: this user may not read \(path); root sees more (sudo)")])
    }
    var loader = ConfigurationLoader.fromEnvironment(ProcessInfo.processInfo.environment)
    // Secrets are root's alone.
    loader.checksSecrets = geteuid() == 0
    loader.looksBesideConfiguration = true
    do throws(ConfigurationProblems) {
      let configuration = try loader.load(path: path)
      let names = configuration.profiles.map(\.name).joined(separator: ", ")
      let secrets: Finding =
        loader.checksSecrets
        ? .ok("secrets: all are there, readable for the service and for nobody else")
        : .skipped("secrets: only root may look at them (sudo)")
      let remarks = loader.checksSecrets ? loader.remarks(on: configuration) : []
      return (
        configuration,
        [.ok("configuration: \(path) is in order (profiles: \(names))"), secrets]
          + remarks.map { .doubtful("secrets: \($0)") }
      )
    } catch {
      return (nil, error.all.map { .wrong("configuration: \($0)", .configuration) })
    }
  }
}
