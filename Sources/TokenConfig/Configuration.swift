package import TokenCore

/// A configuration file, validated: every name resolved, every default filled in.
package struct Configuration: Equatable, Sendable {
  package enum LogLevel: String, Equatable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  package var logLevel = LogLevel.info
  package var api: APIConfiguration
  /// By name, in alphabetical order; at least one.
  package var profiles: [ProfileConfiguration]

  package init(api: APIConfiguration, profiles: [ProfileConfiguration]) {
    self.api = api
    self.profiles = profiles
  }
}

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

/// `[profiles.NAME]`.
package struct ProfileConfiguration: Equatable, Sendable {
  /// `[a-z0-9][a-z0-9_-]{0,31}`
  package let name: String
  package var exchange: ExchangeSettings
  package var clientID: CredentialSource
  package var clientSecret: CredentialSource
  package var refresh = RefreshPolicy()
  package var socket: SocketConfiguration
  package var files: [FileConfiguration]

  package init(
    name: String, exchange: ExchangeSettings, clientID: CredentialSource, clientSecret: CredentialSource,
    socket: SocketConfiguration, files: [FileConfiguration]
  ) {
    self.name = name
    self.exchange = exchange
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.socket = socket
    self.files = files
  }
}

/// Where a client ID or secret comes from. Files and credentials are read again for every request.
package enum CredentialSource: Equatable, Sendable {
  /// In the configuration itself.
  case inline(Secret)
  /// A file of its own, by absolute path.
  case file(String)
  /// A systemd credential: a file of this name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), Credentials).
  case credential(String)
}

/// A group that exists.
package struct Group: Equatable, Sendable {
  package let name: String
  package let id: UInt32

  package init(name: String, id: UInt32) {
    self.name = name
    self.id = id
  }
}

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

/// Which readers are recorded.
package enum Audit: String, Equatable, Sendable, CaseIterable {
  case none, denied, all
}

/// Who may read a profile. No list: whoever may open the socket.
package struct AccessList: Equatable, Sendable {
  package var users: Set<UInt32> = []
  package var groups: Set<UInt32> = []
  /// Names or globs of systemd units.
  package var units: [String] = []

  package init() {}

  package var isEmpty: Bool { users.isEmpty && groups.isEmpty && units.isEmpty }
}

/// `[[profiles.NAME.files]]`.
package struct FileConfiguration: Equatable, Sendable {
  package enum Format: String, Equatable, Sendable, CaseIterable {
    case header, token, curl, env, json
  }

  /// Absolute.
  package var path: String
  package var format = Format.header
  /// Octal permission bits.
  package var mode: UInt32 = 0o640
  /// `nil`: the service's own.
  package var group: Group?

  package init(path: String) {
    self.path = path
  }
}
