import ArgumentParser
import AssetITAPI
import CommandLineProgram
import FoundationEssentials
import Glibc
import TokenCore
import TokenSetup

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Authenticates once and prints the header, without the daemon.",
    discussion: "The header is printed as it is; a newline follows only on a terminal.")

  @OptionGroup var options: ConfigurationOption

  @Flag(
    help: """
      Tell what was sent, how it went, what came back, what the daemon would make of it, and which configuration would \
      help. It shows no part of a token or of the secret.
      """)
  var explain = false

  @Flag(help: "With --explain: print JSON.")
  var json = false

  @Argument(help: "The profile.")
  var profile = "default"

  func validate() throws {
    guard explain || !json else { throw ValidationError("--json needs --explain") }
  }

  func run() throws {
    if explain { return try runExplaining() }
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

  private func runExplaining() throws {
    let explained: Explained
    let failure: Fetch.Failure?
    do throws(Fetch.Failure) {
      let (profile, trace) = try Fetch.trace(
        of: profile, configuration: options.path, environment: ProcessInfo.processInfo.environment)
      explained = Explained(profile, trace)
      failure = if case .failure(let error) = trace.result { .exchange(error) } else { nil }
    } catch {
      StandardError.write("\(error)")
      throw ExitCode(error.status.rawValue)
    }
    if json {
      try StandardOutput.write(explained.json())
    } else {
      try StandardOutput.write(line: explained.text)
    }
    if let failure { throw ExitCode(failure.status.rawValue) }
  }
}
