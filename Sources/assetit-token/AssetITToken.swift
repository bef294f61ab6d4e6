import ArgumentParser
import CommandLineProgram
import TokenConfig
import TokenCore

@main
struct AssetITToken: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assetit-token",
    abstract: "Gets AssetIT's header from the daemon on this host, and sets the daemon up.",
    discussion: """
      Exit codes (sysexits.h): 0, 64 usage or unknown profile, 69 the daemon or a token is unavailable, \
      74 standard output can't be written, 75 not repeated, or another setup or rotate is at work: run it again, \
      76 the daemon speaks another language, or AssetIT's answer holds no token, 77 permission denied, or AssetIT \
      refused the credentials, 78 configuration. exec and curl end as their command does; 127 where there is no such command.
      """,
    version: Release.version,
    subcommands: [
      HeaderCommand.self, StatusCommand.self, RefreshCommand.self, WatchCommand.self, ExecCommand.self,
      CurlCommand.self, DoctorCommand.self, SetupCommand.self, RotateCommand.self,
    ])

  static func main() {
    TOMLWorker.serveIfAsked()
    runProgram(Self.self)
  }
}
