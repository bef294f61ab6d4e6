/// How long a token is good for, counted from the moment its request was sent. Each of the service's clocks
/// is compared only with itself, so that a local clock that is wrong changes nothing.
package struct TokenLifetime: Equatable, Sendable {
  package var claims: JWTClaims
  /// The answer's `Date`, seconds since 1970.
  package var serviceDate: Int64?
  /// The answer comes out of a cache (`Age` over 0), so that its `Date` is old.
  package var hasAge: Bool
  /// This host's time of day, seconds since 1970: trusted only to shorten `assumed`.
  package var localNow: Double
  /// `assumed_lifetime`, for a token that doesn't say.
  package var assumed: Duration

  package init(
    claims: JWTClaims, serviceDate: Int64?, hasAge: Bool, localNow: Double, assumed: Duration
  ) {
    self.claims = claims
    self.serviceDate = serviceDate
    self.hasAge = hasAge
    self.localNow = localNow
    self.assumed = assumed
  }

  /// - Throws: ``UnusableAnswer/expired`` where nothing is left.
  package func remaining() throws(UnusableAnswer) -> Duration {
    let lifetime = claims.expiresAt.map(counted) ?? assumed
    guard lifetime > .zero else { throw .expired }
    return lifetime
  }

  private func counted(to expiry: Int64) -> Duration {
    let origins = [hasAge ? nil : serviceDate, claims.issuedAt].compactMap { $0 }
    if let latest = origins.max() {
      // Less a second, since `Date` has had its fraction cut off.
      return .seconds(expiry) - .seconds(latest) - .seconds(1)
    }
    let left = Double(expiry) - localNow
    return left > 0 && left < assumed.inSeconds ? .seconds(left) : assumed
  }
}
