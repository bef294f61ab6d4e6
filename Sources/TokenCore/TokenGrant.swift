/// A usable answer of the Authentication endpoint.
package struct TokenGrant: Equatable, Sendable {
  package let token: Secret
  /// How long the token is good for, counted from the moment the request was sent.
  package let lifetime: Duration
  /// How long after its arrival the token becomes valid (`nbf`); zero: it is valid already.
  package let validAfter: Duration
  /// `iat`, seconds since 1970, where the token says it.
  package let issuedAt: Int64?
  /// `exp`, seconds since 1970, where the token says it.
  package let expiresAt: Int64?
  /// What is odd about the answer.
  package let remarks: [AnswerRemark]

  package init(
    token: Secret, lifetime: Duration, validAfter: Duration = .zero, issuedAt: Int64? = nil,
    expiresAt: Int64? = nil, remarks: [AnswerRemark] = []
  ) {
    self.token = token
    self.lifetime = lifetime
    self.validAfter = validAfter
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
    self.remarks = remarks
  }
}
