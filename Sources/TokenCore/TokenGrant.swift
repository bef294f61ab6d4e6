/// A usable answer of the Authentication endpoint.
package struct TokenGrant: Equatable, Sendable {
  package let token: Secret
  /// How long the token is good for, counted from the moment the request was sent.
  package let lifetime: Duration
  /// `iat`, seconds since 1970, where the token says it.
  package let issuedAt: Int64?
  /// `exp`, seconds since 1970, where the token says it.
  package let expiresAt: Int64?

  package init(token: Secret, lifetime: Duration, issuedAt: Int64? = nil, expiresAt: Int64? = nil) {
    self.token = token
    self.lifetime = lifetime
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
  }
}
