/// `[profiles.NAME.socket]`.
package struct SocketConfiguration: Equatable, Sendable {
  /// Absolute, at most 107 bytes (unix(7)).
  package var path: String
  /// Octal permission bits.
  package var mode: UInt32 = 0o660
  /// `nil`: the service's own.
  package var group: Group?
  /// How long a reader waits for a token.
  package var wait = Duration.seconds(10)
  package var access = AccessList()
  package var audit = Audit.denied

  package init(path: String) {
    self.path = path
  }
}
