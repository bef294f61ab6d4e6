import ArgumentParser
import ControlAPI
import FoundationEssentials
import Glibc
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
    // Handlers of exit(3) wait for locks that a thread may hold which is stuck, such as stdio's. All that is to be said has
    // been said.
    _exit(status.rawValue)
  }
}
