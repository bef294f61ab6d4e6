internal import Glibc
internal import LinuxSystem

/// Starts the process that parses TOML (``TOMLWorker``).
package struct TOMLProgram: Sendable, Equatable {
  /// What came of it.
  enum Ending: Equatable {
    case message(TOMLMessage)
    /// A signal ended it: it met what the parser doesn't survive.
    case died
    case late
    /// It couldn't be started, or said nothing that can be understood.
    case failed(reason: String)
  }

  /// For the whole of it, and for finding the line where the parser died.
  static let limit = Duration.seconds(2)

  /// The program that is running, also where its file was replaced by a newer one since.
  package static let itself = TOMLProgram(path: "/proc/self/exe")

  private let path: String

  /// `path`: a program that calls ``TOMLWorker/serveIfAsked()`` first of all.
  package init(path: String) {
    self.path = path
  }

  func run(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) -> Ending {
    let left = deadline - ContinuousClock.now
    guard left > .zero else { return .late }
    do throws(SystemError) {
      // A crash would otherwise be examined for long, and what was in memory printed.
      let environment = ["SWIFT_BACKTRACE=enable=no"]
      let program = SystemProgram(path: path, environment: environment, longestOutput: TOMLMessage.limit)
      let result = try program.run([TOMLWorker.argument], input: bytes, limit: left)
      if result.exitCode == 128 + SIGXCPU { return .late }
      if result.exitCode > 128 { return .died }
      guard result.exitCode == 0, let message = TOMLMessage(bytes: result.output) else {
        return .failed(reason: "the process that reads it ended with \(result.exitCode)")
      }
      return .message(message)
    } catch {
      return error.errno == ETIMEDOUT ? .late : .failed(reason: "\(error)")
    }
  }
}
