/// What is to be done about a request.
struct Plan: Equatable, Sendable {
  enum Act: Equatable, Sendable {
    /// Sends it; with `bytesPerSecond` the body dribbles.
    case send(Answer, bytesPerSecond: Double?)
    /// Keeps the connection and never answers.
    case hang
    /// Closes with RST.
    case reset
    /// Closes with FIN.
    case close
  }

  /// Seconds to wait before the act.
  var delay = 0.0
  var act: Act
  /// Number of an authenticate request in the log; it is in flight until ``Simulator/finish(_:status:)``.
  var exchange: Int?
}
