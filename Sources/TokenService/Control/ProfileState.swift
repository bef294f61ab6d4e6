package import TokenCore

/// One profile at one moment, as its callers over HTTP may see it.
package struct ProfileState: Equatable, Sendable {
  package struct Token: Equatable, Sendable {
    /// The bytes of the header's value.
    package let header: Secret
    package let requestedAt: BootTime
    /// From then on nobody gets it any more.
    package let deadline: BootTime
  }

  /// In one word.
  package enum Condition: String, Sendable, CaseIterable {
    /// There is a token, and the last request brought it.
    case valid
    /// There is a token, but the last request failed.
    case failing
    /// There is no token yet; a request is under way.
    case pending
    /// There is no token, and the last request failed.
    case unavailable
  }

  package let name: String
  package let token: Token?
  package let isRefreshing: Bool
  /// `nil` while a request is under way.
  package let nextRefreshAt: BootTime?
  /// `nil` after a success.
  package let lastFailure: TokenMachine.Failure?
  /// The whole lifetime of the newest token there was.
  package let newestLifetime: Duration?
  package let socket: SocketConfiguration

  /// What is in force at `now`: an expired token is none, whatever the timers do.
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

extension ProfileState {
  init(_ profile: Profile) {
    name = profile.name
    token = profile.machine.token.flatMap { held in
      profile.board.current.map { posting in
        Token(header: posting.header, requestedAt: held.requestedAt, deadline: posting.deadline)
      }
    }
    isRefreshing = profile.machine.isRequesting
    nextRefreshAt = profile.machine.nextAttempt
    lastFailure = profile.machine.lastFailure
    newestLifetime = profile.machine.newestLifetime
    socket = profile.configuration.socket
  }
}
