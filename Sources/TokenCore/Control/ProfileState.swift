/// One profile at one moment, as its callers over HTTP may see it.
package struct ProfileState: Equatable, Sendable {
  package struct Token: Equatable, Sendable {
    /// The bytes of the header's value.
    package let header: Secret
    /// How many of them are the prefix.
    package let prefixCount: Int
    package let requestedAt: BootTime
    /// From then on it is served to nobody.
    package let deadline: BootTime

    package init(header: Secret, prefixCount: Int, requestedAt: BootTime, deadline: BootTime) {
      self.header = header
      self.prefixCount = prefixCount
      self.requestedAt = requestedAt
      self.deadline = deadline
    }

    /// Whether `reported`, a header's value with or without the prefix, is this token's.
    package func matches(_ reported: Secret) -> Bool {
      reported == header || reported == header.dropFirst(prefixCount)
    }
  }

  /// In one word.
  package enum Condition: String, Sendable, CaseIterable {
    /// There is a token, and the last exchange brought it.
    case valid
    /// There is a token, but the last exchange failed.
    case failing
    /// There is no token yet; an exchange is under way.
    case pending
    /// There is no token, and the last exchange failed.
    case unavailable
  }

  /// Whether the token that is served was got with the configured credentials.
  package enum Credentials: String, Sendable {
    case current
    /// It was got with others: the client ID, the secret or the endpoint has changed since.
    case changed
  }

  package let name: String
  package let token: Token?
  package let isRefreshing: Bool
  /// `nil` while an exchange is under way.
  package let nextRefreshAt: BootTime?
  /// `nil` after a success.
  package let lastFailure: TokenMachine.Failure?
  /// The whole lifetime of the newest token there was.
  package let newestLifetime: Duration?
  package let credentials: Credentials
  /// What an operator should know besides, a sentence each: an outlet that was left out, a folder that hangs.
  package let problems: [String]
  /// Who may read the profile, how long a caller waits, and what is audited.
  package let socket: SocketConfiguration

  package init(
    name: String, token: Token?, isRefreshing: Bool, nextRefreshAt: BootTime?,
    lastFailure: TokenMachine.Failure?, newestLifetime: Duration?, credentials: Credentials,
    problems: [String], socket: SocketConfiguration
  ) {
    self.name = name
    self.token = token
    self.isRefreshing = isRefreshing
    self.nextRefreshAt = nextRefreshAt
    self.lastFailure = lastFailure
    self.newestLifetime = newestLifetime
    self.credentials = credentials
    self.problems = problems
    self.socket = socket
  }

  /// The token in force at `now`: an expired one is none, whatever the timers do.
  package func token(at now: BootTime) -> Token? {
    token.flatMap { now < $0.deadline ? $0 : nil }
  }

  package func condition(at now: BootTime) -> Condition {
    switch (token(at: now), lastFailure) {
    case (_?, nil): .valid
    case (_?, _?): .failing
    case (nil, nil): .pending
    case (nil, _?): .unavailable
    }
  }
}
