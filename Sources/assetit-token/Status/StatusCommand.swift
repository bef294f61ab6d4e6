import ArgumentParser
import AssetITTokenClient
import CommandLineProgram
import FoundationEssentials

struct StatusCommand: ClientCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows how the profiles are doing, without their tokens.")

  @Flag(help: "Print JSON, with --watch a line for each change.")
  var json = false

  @Flag(name: .shortAndLong, help: "Go on showing it until interrupted.")
  var watch = false

  /// For completions.
  @Flag(help: .hidden)
  var names = false

  @OptionGroup var connection: ConnectionOptions

  func perform() async throws {
    let client = connection.client()
    if watch { return try await show(client) }
    let profiles: [ProfileStatus]
    do throws(TokenClientError) {
      profiles = try await client.profiles()
    } catch {
      throw fail(error)
    }
    if json { return try StandardOutput.write(JSONLine.bytes(["profiles": profiles])) }
    if names { return try profiles.forEach { try StandardOutput.write(line: $0.profile) } }
    let table = StatusTable(profiles: profiles, now: Date(), terminal: .current())
    for line in table.lines() { try StandardOutput.write(line: line) }
    if profiles.isEmpty { say("this user may read none of the daemon's profiles") }
  }

  /// A daemon that is away for a while ends nothing here.
  private func show(_ client: TokenClient) async throws {
    var news = StatusNews()
    while true {
      let result = await profiles(client)
      let terminal = Terminal.current()
      let isLive = terminal.isTerminal && !json
      switch result {
      case .success(let profiles) where json:
        if news.isNews(profiles) { try StandardOutput.write(JSONLine.bytes(["profiles": profiles])) }
      case .success(let profiles):
        let lines = StatusTable(profiles: profiles, now: Date(), terminal: terminal).lines()
        if news.isNews(profiles) || isLive { try StandardOutput.write(Self.frame(lines, terminal)) }
      case .failure(let error):
        guard error.isTransient else { throw fail(error) }
        if isLive {
          let lines = Paragraph.wrap("\(error)", width: terminal.width, indent: 0)
          try StandardOutput.write(Self.frame(lines, terminal))
        } else if news.isNews(error) {
          say("\(error)")
        }
      }
      try await Task.sleep(for: .seconds(1))
    }
  }

  private func profiles(_ client: TokenClient) async -> Result<[ProfileStatus], TokenClientError> {
    do throws(TokenClientError) {
      return .success(try await client.profiles())
    } catch {
      return .failure(error)
    }
  }

  /// Over what was there before, without a moment in which nothing is (console_codes(4)).
  private static func frame(_ lines: [String], _ terminal: Terminal) -> [UInt8] {
    guard terminal.isTerminal else { return Array(lines.map { $0 + "\n" }.joined().utf8) }
    return Array(("\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J").utf8)
  }
}
