internal import TokenCore

/// Why `setup` or `rotate` ends without having done what was asked.
package struct OperatorFailure: Error, Equatable, CustomStringConvertible {
  /// Of sysexits.h.
  package enum Status: Int32, Equatable, Sendable {
    /// The command line is wrong, or there is no terminal and something is missing.
    case usage = 64
    /// AssetIT, or systemd, can't be reached.
    case unavailable = 69
    /// Somebody else is at it.
    case busy = 75
    /// AssetIT's answer holds no token that can be used.
    case noToken = 76
    /// AssetIT refused the credentials, or the system refused this user.
    case noPermission = 77
    case configuration = 78
  }

  package let status: Status
  package let description: String

  package init(_ status: Status, _ description: String) {
    self.status = status
    self.description = description
  }
}

extension OperatorFailure {
  /// Why the credentials that were tried brought no token.
  ///
  /// - Parameter then: what that means to what is there.
  package init(_ failure: Fetch.Failure, then: String) {
    let status: Status =
      switch failure {
      case .configuration: .configuration
      case .noSuchProfile: .usage
      case .system: .unavailable
      case .exchange(.unusableAnswer): .noToken
      case .exchange(let failure):
        switch failure.failureClass {
        case .transient, .throttled: .unavailable
        case .rejected: .noPermission
        case .misconfigured: .configuration
        }
      }
    self.init(status, "\(failure). \(then)")
  }
}
