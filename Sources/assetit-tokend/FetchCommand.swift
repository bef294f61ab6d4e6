import ArgumentParser
import CommandLineProgram
import FoundationEssentials
import Glibc
import TokenCore
import TokenService

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Authenticates once and prints the header, without the daemon.",
    discussion: "The header is printed as it is; a newline follows only on a terminal.")

  @OptionGroup var options: ConfigurationOption

  @Argument(help: "The profile.")
  var profile = "default"

  func run() throws {
    let header: Secret
    do throws(Fetch.Failure) {
      header = try Fetch.header(
        of: profile, configuration: options.path, environment: ProcessInfo.processInfo.environment)
    } catch {
      StandardError.write("\(error)")
      throw ExitCode(error.status.rawValue)
    }
    try StandardOutput.write(header)
    if isatty(STDOUT_FILENO) == 1 { try StandardOutput.write(line: "") }
  }
}
