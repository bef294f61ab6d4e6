package import TokenCore

/// One exchange to be made: where, with what, and how to read the answer.
package struct AuthenticationRequest: Sendable {
  package let settings: ExchangeSettings
  package let credentials: Credentials
  /// How long a token is good for that doesn't say.
  package let assumedLifetime: Duration

  package init(settings: ExchangeSettings, credentials: Credentials, assumedLifetime: Duration) {
    self.settings = settings
    self.credentials = credentials
    self.assumedLifetime = assumedLifetime
  }
}

/// Names an exchange that has been started.
package struct ExchangeID: Hashable, Sendable {
  let number: UInt64
}
