internal import Glibc
internal import LinuxSystem

/// Starts the process that parses TOML (``TOMLWorker``).
package struct TOMLProgram: Sendable, Equatable {
  /// What came of it.
  enum Ending: Equatable {
    case message(TOMLMessage)
    /// It ended itself: it met what the parser doesn't survive.
    case died
    /// It used up its processor time.
    case exhausted
    /// It couldn't be started, was ended from outside or got no processor time, or said nothing that can be understood:
    /// nothing that the file would be to blame for.
    case failed(reason: String)
  }

  /// A host that is busy may let a process wait for long, so what bounds the work is the processor time that
  /// ``TOMLWorker`` allows itself.
  static let limit = Duration.seconds(30)

  /// The program that is running, also where its file was replaced by a newer one since.
  package static let itself = TOMLProgram(path: "/proc/self/exe")

  private let path: String

  /// `path`: a program that calls ``TOMLWorker/serveIfAsked()`` first of all.
  package init(path: String) {
    self.path = path
  }

  func run(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) -> Ending {
    let left = deadline - ContinuousClock.now
    guard left > .zero else { return .failed(reason: "there was no time left") }
    do throws(SystemError) {
      // A crash would otherwise be examined for long, and what was in memory printed.
      let environment = ["SWIFT_BACKTRACE=enable=no"]
      let program = SystemProgram(path: path, environment: environment, longestOutput: TOMLMessage.limit)
      let result = try program.run([TOMLWorker.argument], input: bytes, limit: left)
      switch result.exitCode - 128 {
      case SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP: return .died
      case SIGXCPU: return .exhausted
      default: break
      }
      guard result.exitCode == 0, let message = TOMLMessage(bytes: result.output) else {
        return .failed(reason: "the process that reads it ended with \(result.exitCode)")
      }
      return .message(message)
    } catch {
      return .failed(reason: "\(error)")
    }
  }
}
