/// When a token was issued, when it becomes valid and when it expires, by its own claims (RFC 7519 section 4.1).
/// Nothing is verified: AssetIT's key isn't ours, and AssetIT itself judges its tokens.
package struct JWTClaims: Equatable, Sendable {
  /// `exp`, seconds since 1970; `nil` where the token doesn't say.
  package let expiresAt: Int64?
  /// `iat`; `nil` also where it says nothing usable.
  package let issuedAt: Int64?
  /// `nbf`, in the same way.
  package let notBefore: Int64?
  package let remarks: [AnswerRemark]

  package init(
    expiresAt: Int64? = nil, issuedAt: Int64? = nil, notBefore: Int64? = nil, remarks: [AnswerRemark] = []
  ) {
    self.expiresAt = expiresAt
    self.issuedAt = issuedAt
    self.notBefore = notBefore
    self.remarks = remarks
  }

  /// Reads the claims of a token in JWS compact serialization (RFC 7515 section 7.1).
  ///
  /// - Throws: ``UnusableAnswer/notJWT`` unless it is three parts in base64url, and
  ///   ``UnusableAnswer/badClaims(reason:)`` where the second is no JSON object or `exp` is no date.
  package init(token: some Collection<UInt8>) throws(UnusableAnswer) {
    let members = try Self.members(of: token)
    var remarks: [AnswerRemark] = []
    func optionalDate(_ claim: String) -> Int64? {
      switch NumericDate(members[claim], claim: claim) {
      case .absent: return nil
      case .date(let seconds, let remarked):
        remarks += remarked
        return seconds
      case .unusable:
        remarks.append(.unusableClaim(claim))
        return nil
      }
    }
    switch NumericDate(members["exp"], claim: "exp") {
    case .absent: expiresAt = nil
    case .date(let seconds, let remarked):
      expiresAt = seconds
      remarks += remarked
    case .unusable(let reason): throw .badClaims(reason: "exp \(reason)")
    }
    issuedAt = optionalDate("iat")
    notBefore = optionalDate("nbf")
    self.remarks = remarks
  }

  /// The claims as they stand in the token.
  ///
  /// - Throws: as the initializer does.
  package static func members(of token: some Collection<UInt8>) throws(UnusableAnswer) -> JSONValue {
    let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let decoded = parts.compactMap { $0.isEmpty ? nil : Base64URL.decode($0) }
    guard parts.count == 3, decoded.count == 3 else { throw .notJWT }
    guard let claims = try? JSONValue(decoded[1], limit: decoded[1].count), case .object = claims else {
      throw .badClaims(reason: "they are no JSON object")
    }
    return claims
  }

  /// Whether this looks like a JWT: three parts in base64url, the first an object with `alg` (RFC 7515 section
  /// 4.1.1).
  package static func looksLikeJWT(_ text: some Collection<UInt8>) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return false }
    let decoded = parts.compactMap { Base64URL.decode($0) }
    guard decoded.count == 3, let header = try? JSONValue(decoded[0], limit: decoded[0].count) else {
      return false
    }
    return header["alg"]?.string != nil
  }
}
