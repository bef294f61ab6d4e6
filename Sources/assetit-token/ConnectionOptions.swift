import ArgumentParser
import AssetITTokenClient

struct ConnectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's HTTP socket.",
      discussion: """
        Default: $ASSETIT_TOKEND_SOCKET, else api.sock in $RUNTIME_DIRECTORY or /run/assetit-tokend.
        """,
      valueName: "path"),
    completion: .file())
  var socket: String?

  @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "duration"))
  var timeout = DurationArgument(.seconds(30))

  func client(for profile: String = "default") -> TokenClient {
    TokenClient(profile: profile, socketPath: socket, timeout: timeout.duration)
  }
}

/// Where the daemon's configuration is.
struct ConfigurationArgument: ParsableArguments {
  @Option(
    name: [.customLong("config"), .customShort("c")],
    help: ArgumentHelp("The daemon's configuration file.", valueName: "path"), completion: .file())
  var path = "/etc/assetit-tokend/config.toml"
}

struct ProfileArgument: ParsableArguments {
  @Argument(
    help: "The profile.",
    completion: .shellCommand("assetit-token status --names 2>/dev/null"))
  var profile = "default"
}
