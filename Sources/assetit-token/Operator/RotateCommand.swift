import ArgumentParser
import CommandLineProgram
import TokenSetup

struct RotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Replaces a profile's secret, once AssetIT has taken the new one.",
    discussion: """
      The new secret is asked for on the terminal, or read from standard input. It is tried before anything is replaced; \
      then the daemon is told, and this waits until a header of the new credentials is served. Readers notice nothing.
      """)

  @OptionGroup var options: ConfigurationArgument

  @Argument(help: "The profile.")
  var profile = "default"

  @Option(name: .customLong("client-id"), help: ArgumentHelp("A new client ID, too.", valueName: "id"))
  var clientID: String?

  @Option(
    help: ArgumentHelp("A file with the new secret; - for standard input.", valueName: "path"),
    completion: .file())
  var secretFile: String?

  @Flag(help: "Try the credentials, and say what would be done.")
  var dryRun = false

  @Option(help: ArgumentHelp("How long the daemon may take until it has a new token.", valueName: "duration"))
  var timeout = DurationArgument(.seconds(60))

  func run() throws {
    var rotation = Rotation()
    rotation.configuration = options.path
    rotation.profile = profile
    rotation.clientID = clientID
    rotation.secretFile = secretFile
    rotation.isDryRun = dryRun
    rotation.patience = timeout.duration
    try OperatorCommand.run { loader, report in try rotation.run(loader, report) }
  }
}
