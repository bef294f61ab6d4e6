import Glibc
import Testing

/// A running `assetit-tokend`.
final class Daemon: Sendable {
  let process: ChildProcess
  /// The files that standard output and standard error go to.
  let outputPath: String
  let logPath: String

  init(process: ChildProcess, outputPath: String, logPath: String) {
    self.process = process
    self.outputPath = outputPath
    self.logPath = logPath
  }

  var log: String { Files.text(logPath) }

  var logLines: [String] { log.split(separator: "\n").map(String.init) }

  func lines(with text: String) -> [String] { logLines.filter { $0.contains(text) } }

  /// Waits until the log has at least `count` lines with `text`.
  func logs(_ text: String, times count: Int = 1, within limit: Duration = .longest) async throws {
    try await eventually("\(count) log lines with \"\(text)\"; there are:\n\(log)", within: limit) {
      lines(with: text).count >= count
    }
  }

  /// How many descriptors it has open.
  /// How many descriptors it has open; tests that look at it are marked with `.seesDescriptors`.
  var descriptorCount: Int { descriptors.count }

  /// The numbers of its open descriptors.
  var descriptors: Set<Int> {
    let numbers = Files.names(in: "/proc/\(process.pid)/fd").compactMap(Int.init)
    if numbers.isEmpty { Issue.record("the daemon's descriptors can't be seen") }
    return Set(numbers)
  }

  /// Sends SIGTERM and waits.
  func stop() async throws -> ChildProcess.Ending {
    process.send(SIGTERM)
    return try await process.ended()
  }
}
