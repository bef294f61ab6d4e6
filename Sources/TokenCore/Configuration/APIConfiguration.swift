/// `[api]`: the HTTP socket.
package struct APIConfiguration: Equatable, Sendable {
  /// `nil`: there is none, since nobody named one and the folder of the default path doesn't exist.
  package var socketPath: String?
  /// Octal permission bits.
  package var mode: UInt32 = 0o660
  package var group: Group?
  /// `HOST:PORT` on loopback, for metrics and health only.
  package var metricsListen: String?

  package init() {}
}
