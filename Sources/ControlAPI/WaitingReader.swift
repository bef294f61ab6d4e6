import NIOCore

/// A request for a header that isn't there yet, or not for long enough.
struct WaitingReader {
  let connection: Connection
  let ticket: UInt64
  let profile: String
  /// How long the header must be good for.
  let least: Duration
  /// Whether the header itself is sent (GET, not HEAD).
  let isRead: Bool
  /// Ends the wait for a first token.
  var timer: Scheduled<Void>?
}
