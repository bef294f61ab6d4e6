package import TokenCore

/// A caller's wish for a new token.
package enum RefreshDemand: Sendable {
  /// Whatever there is now.
  case now
  /// One that is good for at least this long. `patience`: how long to wait for a refresh that may not begin at once.
  case minimumValidity(Duration, patience: Duration)
  /// One in place of this, which AssetIT refused: a header's value, with or without the prefix.
  case refused(Secret)
}

/// What became of it.
package enum RefreshOutcome: Equatable, Sendable {
  /// There is a new token.
  case refreshed
  /// Nothing had to be done: the token is good for long enough, or it isn't the one that was refused.
  case notNeeded
  /// The request failed.
  case failed
  /// None may begin before this moment, so that AssetIT isn't asked too often; it comes by itself then.
  case deferred(until: BootTime)
  /// No token of this service is good for that long.
  case impossible
  case unknownProfile
}

/// Somebody who waits for the end of a request.
struct WaitingDemand: Sendable {
  /// How many requests had ended when it came.
  let requestsEnded: Int
  let reply: @Sendable (RefreshOutcome) -> Void
}
