import ArgumentParser
import CommandLineProgram
import TokenConfig
import TokenCore

@main
struct AssetITTokend: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assetit-tokend",
    abstract: "Keeps a fresh AssetIT token for the programs of this host.",
    discussion: """
      Exit codes (sysexits.h): 0, 64 usage, 69 AssetIT or something local is unavailable, 74 output can't be \
      written, 77 credentials or permission refused, 78 configuration.
      Signals: TERM and INT stop, HUP reloads the configuration, USR1 refreshes every profile now.
      """,
    version: Release.version,
    subcommands: [
      RunCommand.self, CheckCommand.self, FetchCommand.self, CleanUpCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() {
    TOMLWorker.serveIfAsked()
    runProgram(Self.self)
  }
}
