/// `[api]`: the HTTP socket.
package struct APIConfiguration: Equatable, Sendable {
  package var socketPath: String
  /// Octal permission bits.
  package var mode: UInt32 = 0o660
  package var group: Group?
  /// `HOST:PORT` on loopback, for metrics and health only.
  package var metricsListen: String?

  package init(socketPath: String) {
    self.socketPath = socketPath
  }
}
