import ArgumentParser
import AssetITTokenClient
import Glibc
import LinuxSystem

struct ExecCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Runs a command with the header in its environment, as ASSETIT_AUTHORIZATION.",
    usage:
      "assetit-token exec [<profile>] [--on-refresh restart|signal=HUP] [--min-valid <duration>] -- <command> ...",
    discussion: """
      It ends as the command does. Without --on-refresh the command takes this process's place. With it, the command \
      is restarted (SIGTERM, and SIGKILL after 10 s) or sent a signal whenever there is a new header; signals \
      sent to this process go on to it. Processes of the same user, and root, can read a process's environment.
      """)

  @OptionGroup var profile: ProfileArgument

  @Option(
    help: ArgumentHelp("What a new header means to the command: restart, or signal=HUP.", valueName: "what"))
  var onRefresh: OnRefreshArgument?

  @Option(help: ArgumentHelp("How long the header must be good for, at least.", valueName: "duration"))
  var minValid = DurationArgument(.zero)

  @OptionGroup var connection: ConnectionOptions

  @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("Name the command after --, as in: exec -- COMMAND") }
  }

  func run() throws {
    // Still on the main thread, which is the only one.
    _ = ForwardedSignals.mask
    try performAndWait()
  }

  func perform() async throws {
    let client = connection.client(for: profile.profile)
    do {
      guard let onRefresh else {
        let header = try await client.header(minValid: minValid.duration)
        setenv(Supervision.variable, header.value, 1)
        let failure = ChildProcess.become(command, mask: ForwardedSignals.mask)
        say("\(failure)")
        throw ExitCode(failure.exitCode)
      }
      let signals = try ForwardedSignals()
      let header = try await client.header(minValid: minValid.duration)
      let supervision = Supervision(command, client, Supervisor(onRefresh: onRefresh.onRefresh), signals)
      throw ExitCode(try await supervision.run(header))
    } catch let error as TokenClientError {
      throw fail(error)
    } catch let error as SpawnFailure {
      say("\(error)")
      throw ExitCode(error.exitCode)
    } catch let error as SystemError {
      say("\(error)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
  }
}
