import ArgumentParser
import AssetITTokenClient
import CommandLineProgram
import FoundationEssentials
import Glibc
import LinuxSystem

struct CurlCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "curl",
    abstract: "Runs curl with the header, which appears in no command line and no file.",
    usage: "assetit-token curl [<profile>] [--min-valid <duration>] -- <curl's arguments> ...",
    discussion: """
      If AssetIT answers 401, that is reported to the daemon, and curl runs once more with the new header, but only \
      where it is certain that it sends the same again. Otherwise the exit code is 75 (not repeated: run it again). \
      In all other cases it is curl's.
      """)

  @OptionGroup var profile: ProfileArgument

  @Option(help: ArgumentHelp("How long the header must be good for, at least.", valueName: "duration"))
  var minValid = DurationArgument(.zero)

  @OptionGroup var connection: ConnectionOptions

  @Argument(parsing: .postTerminator, help: "curl's arguments, after --.")
  var arguments: [String] = []

  func validate() throws {
    guard !arguments.isEmpty else {
      throw ValidationError("Give curl's arguments after --, as in: curl -- URL")
    }
  }

  func run() throws {
    // Still on the main thread, which is the only one.
    _ = ForwardedSignals.mask
    try performAndWait()
  }

  func perform() async throws {
    do {
      let signals = try ForwardedSignals()
      throw ExitCode(try await run(CurlRun(CurlArguments(arguments), signals)))
    } catch let error as TokenClientError {
      throw fail(error)
    } catch let error as SpawnFailure {
      say("\(error)")
      throw ExitCode(error.exitCode)
    } catch let error as Spool.Interrupted {
      throw ExitCode(128 + error.signal)
    } catch let error as SystemError {
      say("\(error)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
  }

  /// - Returns: the exit code to end with.
  private func run(_ curl: consuming CurlRun) async throws -> Int32 {
    let client = connection.client(for: profile.profile)
    let header = try await client.header(minValid: minValid.duration)
    var repetition = try curl.repetition(
      ownConfiguration: OwnConfiguration.path { getenv($0).map { String(cString: $0) } })
    let outcome = try curl.first(header, input: repetition.input)
    let reason: String
    switch outcome {
    case .ended(let ending): return ending.exitCode
    case .partlyRefused:
      _ = await replacement(of: header, client)
      reason = "there were other answers as well"
    case .refused(let output):
      let replacement = await replacement(of: header, client)
      repetition.rewind()
      switch (repetition.obstacle, replacement) {
      case (nil, .success(let new)): return try curl.second(new).exitCode
      case (let obstacle?, _): reason = obstacle
      case (nil, .failure(let error)): reason = "\(error)"
      }
      try StandardOutput.write(output)
    }
    say(
      "AssetIT answered 401, which the daemon knows now; not repeated: run it again (\(reason))")
    return ExitStatus.notRepeated.rawValue
  }

  /// Reports that the header was refused, and has the one that replaces it.
  private func replacement(
    of header: AuthorizationHeader, _ client: TokenClient
  ) async -> Result<AuthorizationHeader, TokenClientError> {
    do throws(TokenClientError) {
      return .success(try await client.reportRejected(header))
    } catch {
      return .failure(error)
    }
  }
}
