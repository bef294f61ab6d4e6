import ArgumentParser
import CommandLineProgram
import FoundationEssentials
import TokenConfig
import TokenCore
import TokenSetup

/// What `setup` and `rotate` have in common.
enum OperatorCommand {
  static func run(_ body: (ConfigurationLoader, Report) throws -> Void) throws {
    var loader = ConfigurationLoader.fromEnvironment(ProcessInfo.processInfo.environment)
    // By hand, as root: what the unit's user owns and will use is judged as the unit does.
    loader.looksBesideConfiguration = true
    do {
      try body(loader, Report { try StandardOutput.write(line: $0) })
    } catch let failure as OperatorFailure {
      StandardError.write(failure.description)
      throw ExitCode(failure.status.rawValue)
    } catch let failure as Prompt.Failure {
      StandardError.write("\n" + failure.description)
      throw ExitCode(failure.exitCode)
    }
  }

  static func duration(_ text: String) throws -> Duration {
    do {
      return try DurationText.parse(text)
    } catch {
      throw ValidationError("--timeout needs a duration such as 60s or 5m")
    }
  }
}
