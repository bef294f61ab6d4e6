import ArgumentParser
import AssetITTokenClient

/// How the client ends (sysexits.h).
enum ExitStatus: Int32 {
  case usage = 64
  case unavailable = 69
  case output = 74
  /// AssetIT refused the header, and what was asked for hasn't been done (EX_TEMPFAIL).
  case notRepeated = 75
  case protocolMismatch = 76
  case noPermission = 77
  case configuration = 78

  init(_ error: TokenClientError) {
    self =
      switch error {
      case .invalidArgument, .unknownProfile: .usage
      case .notRunning, .timedOut, .connection, .unavailable, .cancelled: .unavailable
      case .refused: .protocolMismatch
      case .noPermission, .accessDenied: .noPermission
      }
  }
}

/// Ends the command: the sentence on standard error, and the exit code that says the same.
func fail(_ error: TokenClientError) -> ExitCode {
  say("\(error)")
  return ExitCode(ExitStatus(error).rawValue)
}
