/// Names one demand among all of this process.
package struct DemandID: Hashable, Sendable {
  package let number: UInt64

  package init(_ number: UInt64) {
    self.number = number
  }
}

/// A caller's wish for a new token. It ends with its answer, or when the caller's connection does.
package struct RefreshDemand: Equatable, Sendable {
  package enum Wish: Equatable, Sendable {
    /// A new token, whatever there is now.
    case now
    /// A token that is good for at least this long.
    case minimumValidity(Duration)
    /// A token in place of this one, which AssetIT refused: a header's value, with or without the prefix.
    case replacement(of: Secret)
  }

  package let id: DemandID
  package let profile: String
  /// The caller's: one user has a share of all demands.
  package let user: UInt32
  package let wish: Wish
  /// How long the caller waits for a refresh that may not begin at once.
  package let patience: Duration

  package init(id: DemandID, profile: String, user: UInt32, wish: Wish, patience: Duration) {
    self.id = id
    self.profile = profile
    self.user = user
    self.wish = wish
    self.patience = patience
  }
}

/// How a demand ended.
package enum RefreshOutcome: Equatable, Sendable {
  /// There is a new token.
  case refreshed
  /// Nothing had to be done: the token is good for long enough, or it isn't the one that was refused.
  case notNeeded
  /// The exchange failed.
  case failed
  /// None may begin before this moment, so that AssetIT isn't asked too often; it then begins by itself.
  case deferred(until: BootTime)
  /// No token of this service is good for that long.
  case impossible
  /// Too many demands wait, in all or of this user.
  case tooMany
  case unknownProfile
}
