import NIOHTTP1
import TokenCore

/// Problems with a profile, and when to ask again.
extension Problem {
  static let tooManyRequests = Problem(
    .tooManyRequests, "too many requests are waiting or hold memory, in all or of this user",
    code: .tooManyRequests, retryAfter: 1)

  static func unknownProfile(_ name: String) -> Problem {
    Problem(.notFound, "there is no profile of this name", code: .unknownProfile)
  }

  static func accessDenied(_ name: String) -> Problem {
    Problem(
      .forbidden,
      "the access list of the profile \(name) turns this caller away: its user, group or unit belongs into"
        + " allow_users, allow_groups or allow_units", code: .accessDenied)
  }

  static func refreshFailed(_ state: ProfileState, _ clock: ClockReading) -> Problem {
    Problem(
      .serviceUnavailable, "the refresh brought no token\(reason(state))", code: .refreshFailed,
      retryAfter: clock.seconds(until: state.nextRefreshAt))
  }

  static func refreshPending(_ state: ProfileState, _ clock: ClockReading) -> Problem {
    Problem(
      .serviceUnavailable, "the refresh goes on: there is no other header yet\(reason(state))",
      code: .refreshPending, retryAfter: clock.seconds(until: state.nextRefreshAt))
  }

  static func deferred(_ until: BootTime, _ clock: ClockReading) -> Problem {
    Problem(
      .serviceUnavailable, "the refresh waits, so that AssetIT isn't asked too often; it comes by itself",
      code: .refreshDeferred, retryAfter: clock.seconds(until: until))
  }

  static func noToken(_ state: ProfileState, _ clock: ClockReading) -> Problem {
    Problem(
      .serviceUnavailable, "there is no valid token\(reason(state))", code: .noToken,
      retryAfter: clock.seconds(until: state.nextRefreshAt))
  }

  static func minValidTooLong(_ state: ProfileState, _ clock: ClockReading) -> Problem {
    let longest = state.newestLifetime.map { " (the newest one for \($0.components.seconds) s)" } ?? ""
    return Problem(
      .serviceUnavailable, "no token of this service is good for that long\(longest)", code: .minValidTooLong,
      retryAfter: clock.seconds(until: state.nextRefreshAt))
  }

  private static func reason(_ state: ProfileState) -> String {
    state.lastFailure.map { ": \($0.cause)" } ?? ""
  }
}
