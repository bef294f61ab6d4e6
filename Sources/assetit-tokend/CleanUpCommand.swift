import ArgumentParser
import FoundationEssentials
import TokenCore
import TokenService

struct CleanUpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean-up",
    abstract: "Removes the header files of a daemon that was killed; the unit runs it.",
    discussion: """
      Does nothing while a daemon lives, and nothing where $SERVICE_RESULT is "success". What a daemon has published \
      is listed in .published in $RUNTIME_DIRECTORY.
      """)

  func run() throws {
    let status = cleanUp(environment: ProcessInfo.processInfo.environment)
    throw ExitCode(status.rawValue)
  }
}
