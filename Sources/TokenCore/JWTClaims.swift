internal import FoundationEssentials

/// When a token was issued and when it expires, by its own claims (RFC 7519 section 4.1). Nothing is
/// verified: AssetIT's key isn't ours, and AssetIT itself judges its tokens.
package struct JWTClaims: Equatable, Sendable {
  /// `exp`, seconds since 1970, a fraction cut off; `nil` where the token doesn't say.
  package let expiresAt: Int64?
  /// `iat`, in the same way.
  package let issuedAt: Int64?

  package init(expiresAt: Int64? = nil, issuedAt: Int64? = nil) {
    self.expiresAt = expiresAt
    self.issuedAt = issuedAt
  }

  /// Reads the claims of a token in JWS compact serialization (RFC 7515 section 7.1).
  ///
  /// - Throws: ``UnusableAnswer/notJWT`` unless it is three parts in base64url, and
  ///   ``UnusableAnswer/badClaims(reason:)`` where the second is no JSON object or a date is absurd.
  package init(token: some Collection<UInt8>) throws(UnusableAnswer) {
    let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let decoded = parts.compactMap { $0.isEmpty ? nil : Base64URL.decode($0) }
    guard parts.count == 3, decoded.count == 3 else { throw .notJWT }
    // JSONDecoder refuses more than 512 levels, so a hostile payload can't exhaust the stack.
    let payload: Payload
    do {
      payload = try JSONDecoder().decode(Payload.self, from: decoded[1])
    } catch let answer as UnusableAnswer {
      throw answer
    } catch {
      throw .badClaims(reason: "they are no JSON object")
    }
    self.init(expiresAt: payload.exp, issuedAt: payload.iat)
  }
}

private struct Payload: Decodable {
  enum CodingKeys: String, CodingKey {
    case exp, iat
  }

  /// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
  static let lastMoment = 253_402_300_799.0

  let exp: Int64?
  let iat: Int64?

  init(from decoder: any Decoder) throws {
    let claims = try decoder.container(keyedBy: CodingKeys.self)
    exp = try Self.numericDate(.exp, in: claims)
    iat = try Self.numericDate(.iat, in: claims)
  }

  private static func numericDate(
    _ key: CodingKeys, in claims: KeyedDecodingContainer<CodingKeys>
  ) throws(UnusableAnswer) -> Int64? {
    guard claims.contains(key) else { return nil }
    guard let seconds = try? claims.decode(Double.self, forKey: key) else {
      throw .badClaims(reason: "\(key.rawValue) is no number")
    }
    let whole = seconds.rounded(.down)
    guard (0...lastMoment).contains(whole) else {
      throw .badClaims(reason: "\(key.rawValue) is no date from 1970 to 9999")
    }
    return Int64(whole)
  }
}
