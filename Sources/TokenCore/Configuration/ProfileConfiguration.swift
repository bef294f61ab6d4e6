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
