import ArgumentParser
import AssetITTokenClient
import FoundationEssentials
import LinuxSystem

struct CurlCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "curl",
    abstract: "Runs curl with the header, which appears in no command line and no file.",
    usage: "assetit-token curl [<profile>] [--min-valid <duration>] -- <curl's arguments> ...",
    discussion: """
      Where AssetIT answers 401, that is reported to the daemon and curl runs once more with the new header. There is \
      no second run where the first one has put something out, done something, or used up standard input. It ends as \
      curl does.
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
      throw ExitCode(try await run(CurlRun(CurlArguments(arguments), signals)).exitCode)
    } catch let error as TokenClientError {
      throw fail(error)
    } catch let error as SpawnFailure {
      StandardError.write("\(error)")
      throw ExitCode(error.exitCode)
    } catch let error as SystemError {
      StandardError.write("\(error)")
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
  }

  private func run(_ curl: consuming CurlRun) async throws -> ChildEnding {
    let client = connection.client(for: profile.profile)
    let header = try await client.header(minValid: minValid.duration)
    let input = StandardInput()
    switch try curl.first(header) {
    case .ended(let ending): return ending
    case .refused(let ending, let output):
      if let new = await replacement(of: header, client, input) {
        input.rewind()
        return try curl.second(new)
      }
      try StandardOutput.write(output)
      return ending
    }
  }

  /// Reports that the header was refused.
  ///
  /// - Returns: another one to try with; `nil`, with the reason on standard error, where there is no use in it.
  private func replacement(
    of header: AuthorizationHeader, _ client: TokenClient, _ input: StandardInput
  ) async -> AuthorizationHeader? {
    do throws(TokenClientError) {
      let status = try await client.reportRejected(header)
      guard CurlArguments(arguments).isRepeatable(isInputKept: input.isKept) else {
        StandardError.write("AssetIT answered 401; the daemon knows. Not tried again: the input is used up")
        return nil
      }
      if let new = try await newHeader(client, since: header, status) { return new }
      StandardError.write("AssetIT answered 401; the daemon knows, but has no other token yet")
    } catch {
      StandardError.write("AssetIT answered 401, and there is no other token: \(error)")
    }
    return nil
  }

  /// Where the daemon waits a little before it asks AssetIT again, this does so too.
  private func newHeader(
    _ client: TokenClient, since old: AuthorizationHeader, _ status: ProfileStatus
  ) async throws(TokenClientError) -> AuthorizationHeader? {
    let isSoon = status.nextRefreshAt.map { $0.timeIntervalSinceNow < Self.patience } ?? status.isRefreshing
    let attempts = isSoon ? Int(Self.patience / Self.interval) : 0
    for attempt in 0...attempts {
      if attempt > 0 { try? await Task.sleep(for: .seconds(Self.interval)) }
      let header = try await client.header()
      if header.value != old.value { return header }
    }
    return nil
  }

  /// In seconds.
  private static let patience = 5.0
  private static let interval = 0.2
}
