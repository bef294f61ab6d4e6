import ArgumentParser
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
    do throws(Fetch.Failure) {
      let header = try Fetch.header(
        of: profile, configuration: options.path, environment: ProcessInfo.processInfo.environment)
      let end = isatty(STDOUT_FILENO) == 1 ? [UInt8(ascii: "\n")] : []
      header.withBytes { bytes in
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        _ = end.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      }
    } catch {
      StandardError.write("\(error)")
      throw ExitCode(error.status.rawValue)
    }
  }
}
