import ArgumentParser
import ControlAPI
import FoundationEssentials
import TokenCore
import TokenService

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs the daemon in the foreground (the default).")

  @OptionGroup var options: ConfigurationOption

  func run() throws {
    let status = runDaemon(
      configuration: options.path, environment: ProcessInfo.processInfo.environment,
      control: { HTTPControlServer() })
    throw ExitCode(status.rawValue)
  }
}
