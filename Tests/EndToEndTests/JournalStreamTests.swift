import Glibc
import Testing

@Suite(
  "Log lines on standard error", .turnstile,
  .disabled(if: Files.exists("/run/systemd/journal/socket"), "the journal of this host would take them"))
struct JournalStreamTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Runs the daemon through a success and a stop, and gives its lines.
  private func lines(journalStream: String?) async throws -> [String] {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let error = "\(bench.folder)/journal"
    let daemon = try bench.daemon(
      environment: journalStream.map { ["JOURNAL_STREAM": $0] } ?? [:], error: error)
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    _ = try await daemon.stop()
    return daemon.logLines
  }

  @Test("begin with their priority where $JOURNAL_STREAM says that standard error is the journal")
  func matching() async throws {
    let error = "\(bench.folder)/journal"
    try Files.write("", to: error)
    let status = try Files.status(error)
    let lines = try await lines(journalStream: "\(status.st_dev):\(status.st_ino)")
    #expect(lines.count >= 4)
    for line in lines {
      let start = line.prefix(3)
      #expect(start == "<5>" || start == "<6>", "notices and news: \(line)")
    }
    #expect(lines.contains { $0.hasPrefix("<6>default: new token, valid until ") })
    #expect(lines.contains { $0.hasPrefix("<5>ready: every profile has a valid token") })
  }

  @Test("begin with a word where it doesn't, or names something else", arguments: [nil, "1:2", "nonsense"])
  func notMatching(stream: String?) async throws {
    let lines = try await lines(journalStream: stream)
    #expect(lines.count >= 4)
    #expect(lines.allSatisfy { !$0.hasPrefix("<") })
    #expect(lines.contains { $0.hasPrefix("info: default: new token, valid until ") })
  }
}
