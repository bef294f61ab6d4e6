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
      say(failure.description)
      throw ExitCode(failure.status.rawValue)
    } catch let failure as Prompt.Failure {
      StandardError.write("\n")
      say(failure.description)
      throw ExitCode(failure.exitCode)
    }
  }
}
