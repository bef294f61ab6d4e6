/// How long a token is good for, counted from the moment its request was sent, and from when on. Each of the
/// service's clocks is compared with itself first, so that a local clock that is wrong changes nothing.
package struct TokenLifetime: Equatable, Sendable {
  package var claims: JWTClaims
  /// `expires_in` beside the token, seconds.
  package var expiresIn: Int64?
  /// The answer's `Date`, seconds since 1970.
  package var serviceDate: Int64?
  /// The answer comes out of a cache (`Age` over 0), so that its `Date` is old.
  package var hasAge: Bool
  /// This host's time of day, seconds since 1970.
  package var localNow: Double
  /// `assumed_lifetime`, for a token that doesn't say.
  package var assumed: Duration

  package init(
    claims: JWTClaims, expiresIn: Int64? = nil, serviceDate: Int64?, hasAge: Bool, localNow: Double,
    assumed: Duration
  ) {
    self.claims = claims
    self.expiresIn = expiresIn
    self.serviceDate = serviceDate
    self.hasAge = hasAge
    self.localNow = localNow
    self.assumed = assumed
  }

  /// Clocks that are further apart than this can't both be right.
  private static let mostApart = Duration.seconds(86_400)
  /// Ten years, leap days included: no token is meant to live longer.
  private static let longest = Duration.seconds(3653 * 86_400)
  /// An `nbf` that is no further ahead is within what clocks differ by.
  private static let tolerance = Duration.seconds(60)

  package struct Verdict: Equatable, Sendable {
    package let lifetime: Duration
    /// From the token's arrival on.
    package let validAfter: Duration
    package let remarks: [AnswerRemark]
  }

  /// - Throws: ``UnusableAnswer`` where nothing is left, where the clocks contradict one another, or where a
  ///   claim is absurd.
  package func judge() throws(UnusableAnswer) -> Verdict {
    let limits = try [claims.expiresAt.map(untilExpiry), expiresIn.map { .seconds($0) }].compactMap { $0 }
    let lifetime = limits.min() ?? assumed
    guard lifetime > .zero else { throw .expired }
    let validAfter = untilValid
    guard validAfter < lifetime else { throw .neverValid }
    let isDateIgnored = !hasAge && serviceDate != nil && believedDate == nil
    return Verdict(
      lifetime: lifetime, validAfter: validAfter, remarks: isDateIgnored ? [.unbelievableDate] : [])
  }

  /// The local time of day; `nil` where it is no number.
  private var local: Duration? {
    localNow.isFinite ? .seconds(min(max(localNow, -1e15), 1e15)) : nil
  }

  /// `Date`, unless a cache answered, or it is far from both the local clock and `iat`.
  private var believedDate: Duration? {
    guard !hasAge, let date = serviceDate.map({ Duration.seconds($0) }) else { return nil }
    guard let issued = claims.issuedAt.map({ Duration.seconds($0) }), let local else { return date }
    return Self.areApart(date, local) && Self.areApart(date, issued) ? nil : date
  }

  private static func areApart(_ one: Duration, _ other: Duration) -> Bool {
    (one < other ? other - one : one - other) > mostApart
  }

  private func untilExpiry(_ expiry: Int64) throws(UnusableAnswer) -> Duration {
    let expiry = Duration.seconds(expiry)
    // Less a second, since `Date` has had its fraction cut off.
    let byDate = believedDate.map { expiry - $0 - .seconds(1) }
    let byIssue = claims.issuedAt.map { expiry - .seconds($0) - .seconds(1) }
    let byClock = local.map { expiry - $0 }
    if byIssue == nil, let byDate, let byClock, let date = believedDate, let local,
      Self.areApart(date, local)
    {
      // One of the two clocks is absurd, and nothing says which.
      guard byDate > .zero, byClock > .zero else {
        throw .clocksDisagree(service: Self.shown(date), local: Self.shown(local))
      }
      return try bounded(min(byDate, byClock))
    }
    if let ahead = byDate ?? byIssue { return try min(bounded(ahead), byIssue ?? ahead) }
    return try byClock.map { byClock throws(UnusableAnswer) in min(try bounded(byClock), assumed) } ?? assumed
  }

  /// As RFC 3339 can write it.
  private static func shown(_ time: Duration) -> Int64 {
    min(max(time.components.seconds, 0), 253_402_300_799)
  }

  private func bounded(_ ahead: Duration) throws(UnusableAnswer) -> Duration {
    guard ahead <= Self.longest else { throw .tooFarAhead }
    return ahead
  }

  private var untilValid: Duration {
    guard let begins = claims.notBefore.map({ Duration.seconds($0) }), let now = believedDate ?? local else {
      return .zero
    }
    return begins - now > Self.tolerance ? begins - now : .zero
  }
}
