import ArgumentParser
import CommandLineProgram
import DaemonCore
import FoundationEssentials
import TokenConfig
import TokenCore

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Validates the configuration and explains what it means.")

  @OptionGroup var options: ConfigurationOption

  @Flag(help: "Leave the files with client IDs and secrets alone; this user may not be able to read them.")
  var noSecrets = false

  func run() throws {
    var loader = ConfigurationLoader.fromEnvironment(ProcessInfo.processInfo.environment)
    loader.checksSecrets = !noSecrets
    loader.looksBesideConfiguration = true
    let text: String
    do throws(ConfigurationProblems) {
      let configuration = try loader.load(path: options.path)
      let remarks = noSecrets ? [] : loader.remarks(on: configuration).map { "\nnote: \($0)" }
      text =
        Explanation.text(configuration, checkedSecrets: !noSecrets)
        + Self.limits(profiles: configuration.profiles.count) + remarks.joined()
    } catch {
      StandardError.write("\(error)")
      throw ExitCode(ExitStatus.configuration.rawValue)
    }
    try StandardOutput.write(line: text)
  }
  /// What a configuration of this size can't have.
  private static func limits(profiles count: Int) -> String {
    guard count > StoreKeeper.mostProfiles else { return "" }
    return
      "\nrestarts            keep tokens and sockets of \(StoreKeeper.mostProfiles) profiles; the other"
      + " \(count - StoreKeeper.mostProfiles) authenticate anew, and their readers are refused for that moment"
  }
}
