import ArgumentParser
import CommandLineProgram
import TokenSetup

struct SetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Tries a client ID and secret, writes the configuration, and starts the service.",
    discussion: """
      Asks on the terminal for what no option gives; the secret isn't shown. Without a terminal the secret is read from \
      standard input. Nothing is written unless AssetIT takes the credentials.
      """)

  @OptionGroup var options: ConfigurationArgument

  @Argument(help: "The profile's name.")
  var profile = "default"

  @Option(help: ArgumentHelp("Where AssetIT's API is.", valueName: "url"))
  var baseURL: String?

  @Option(help: "Or a name from [regions].")
  var region: String?

  @Option(name: .customLong("client-id"), help: ArgumentHelp("The client ID.", valueName: "id"))
  var clientID: String?

  @Option(
    help: ArgumentHelp("A file with the secret; - for standard input.", valueName: "path"),
    completion: .file())
  var secretFile: String?

  @Option(
    help: ArgumentHelp(
      "A setting of [profiles.NAME.api], such as token_pointer=/data/jwt; may be repeated.",
      valueName: "key=text"))
  var api: [String] = []

  @Flag(help: "Replace another secret that lies there already, without asking.")
  var replaceSecret = false

  @Flag(help: "Leave the service alone.")
  var noStart = false

  @Flag(help: "Try the credentials, and say what would be written.")
  var dryRun = false

  @Option(help: ArgumentHelp("How long the service may take until there is a token.", valueName: "duration"))
  var timeout = DurationArgument(.seconds(60))

  func run() throws {
    var setup = Setup()
    setup.configuration = options.path
    setup.profile = profile
    setup.baseURL = baseURL
    setup.region = region
    setup.clientID = clientID
    setup.secretFile = secretFile
    setup.api = try api.map(Self.setting)
    setup.replacesSecret = replaceSecret
    setup.startsService = !noStart
    setup.isDryRun = dryRun
    setup.patience = timeout.duration
    try OperatorCommand.run { loader, report in try setup.run(loader, report) }
  }

  private static func setting(_ text: String) throws -> Setting {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw ValidationError("--api needs KEY=TEXT, as in --api token_pointer=/data/jwt")
    }
    let value = text[text.index(after: equals)...]
    // As in the configuration, or without quotation marks.
    let isQuoted = value.count >= 2 && value.first == "\"" && value.last == "\""
    return Setting(String(text[..<equals]), String(isQuoted ? value.dropFirst().dropLast() : value))
  }
}
