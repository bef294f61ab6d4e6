/// Why the daemon gave no answer, or none of the kind that was asked for. The description is a sentence that
/// names the remedy; none holds a token.
public enum TokenClientError: Error, Hashable, Sendable {
  /// Nobody listens at the socket's path: the daemon isn't running.
  case notRunning(path: String)
  /// This user may not open the socket.
  case noPermission(path: String)
  /// No complete answer in time.
  case timedOut(after: Duration)
  /// The connection broke, or what came over it can't be understood.
  case connection(path: String, reason: String)
  /// A name that no profile can have, or a path that no socket can have.
  case invalidArgument(reason: String)
  case unknownProfile(String)
  /// The profile's access list turns this caller away.
  case accessDenied(profile: String, detail: String)
  /// There is no such token now. `code` tells programs why: `no_token`, `refresh_failed`, `refresh_deferred`,
  /// `refresh_pending`, `min_valid_too_long`, `stopping`, `too_many_requests` or `too_many_connections`.
  case unavailable(code: String, detail: String, retryAfter: Duration?)
  /// The daemon doesn't take the request: it is older or newer than this library.
  case refused(status: Int, detail: String)
  /// The task was cancelled.
  case cancelled
}

extension TokenClientError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notRunning(let path):
      "nobody listens at \(path): start the daemon (systemctl start assetit-tokend), or name its socket"
    case .noPermission(let path):
      "this user may not open \(path): make it a member of the socket's group (usermod -aG assetit USER) and"
        + " log in again"
    case .timedOut(let limit):
      "the daemon gave no answer within \(limit.formattedSeconds): look at systemctl status assetit-tokend"
    case .connection(let path, let reason):
      "the connection to \(path) failed (\(reason)): look at systemctl status assetit-tokend"
    case .invalidArgument(let reason):
      reason
    case .unknownProfile(let name):
      "there is no profile \(name) in the daemon's configuration"
    case .accessDenied(_, let detail):
      detail
    case .unavailable("min_valid_too_long", let detail, _):
      detail
    case .unavailable(_, let detail, let retryAfter):
      detail + (retryAfter.map { " (try again in \($0.formattedSeconds))" } ?? "")
    case .refused(let status, let detail):
      "the daemon refused the request (HTTP \(status)): \(detail)"
    case .cancelled:
      "the task was cancelled"
    }
  }

  /// Whether the same request may well succeed a little later.
  public var isTransient: Bool {
    switch self {
    case .notRunning, .timedOut, .connection: true
    case .unavailable(let code, _, _): code != "min_valid_too_long"
    case .noPermission, .invalidArgument, .unknownProfile, .accessDenied, .refused, .cancelled: false
    }
  }
}

extension Duration {
  /// `30 s`
  var formattedSeconds: String {
    let (seconds, attoseconds) = components
    return attoseconds == 0 ? "\(seconds) s" : "\(Double(seconds) + Double(attoseconds) / 1e18) s"
  }
}
