import ArgumentParser
import CommandLineProgram
import FoundationEssentials
import TokenConfig
import TokenCore
import TokenService

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
      text = Explanation.text(configuration, checkedSecrets: !noSecrets) + remarks.joined()
    } catch {
      StandardError.write("\(error)")
      throw ExitCode(ExitStatus.configuration.rawValue)
    }
    try StandardOutput.write(line: text)
  }
}
