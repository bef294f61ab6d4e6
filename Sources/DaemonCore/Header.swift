package import TokenCore

/// A token as readers get it.
package struct Header: Equatable, Sendable {
  package let profile: String
  package let prefix: String
  package let token: Secret
  /// From then on nobody gets it any more.
  package let deadline: BootTime
  /// Seconds since 1970.
  package let issuedAt: Double
  package let expiresAt: Double

  /// `exp` and `iat` as the token has them; where it has none, from this host's clock at `now`.
  package init(profile: String, prefix: String, held: HeldToken, now: BootTime, timeOfDay: Double) {
    self.profile = profile
    self.prefix = prefix
    token = held.token
    deadline = held.deadline
    issuedAt = held.grant.issuedAt.map(Double.init) ?? timeOfDay - (now - held.requestedAt).inSeconds
    expiresAt = held.grant.expiresAt.map(Double.init) ?? timeOfDay + (held.deadline - now).inSeconds
  }

  /// The same token with the same prefix makes the same files; the times may differ by what a clock was set.
  package static func == (left: Header, right: Header) -> Bool {
    left.token == right.token && left.prefix == right.prefix && left.deadline == right.deadline
  }

  /// The bytes of the header's value: prefix and token, nothing before or after.
  package var value: Secret { token.prefixed(with: prefix) }
}
