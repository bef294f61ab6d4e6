package import TokenCore

/// What the process knows about itself before anything happens.
package struct HostFacts: Equatable, Sendable {
  package var configurationPath: String
  /// `$CREDENTIALS_DIRECTORY`; it isn't watched, since what is in it never changes while the service runs.
  package var credentialsDirectory: String?
  /// There is a service manager to be told (`$NOTIFY_SOCKET`).
  package var hasManager = false
  /// After which time without a sign of life the manager ends the process; `nil` where it doesn't.
  package var watchdogInterval: Duration?
  /// The process's own group: that of sockets and files without another one.
  package var ownGroup: UInt32 = 0
  /// Descriptors that the process may have.
  package var descriptorLimit = 65_536
  /// Under which the fingerprints of credentials are made; random for each process.
  package var fingerprintKey: Secret

  package init(configurationPath: String, fingerprintKey: Secret) {
    self.configurationPath = configurationPath
    self.fingerprintKey = fingerprintKey
  }
}
