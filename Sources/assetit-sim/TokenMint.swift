import FoundationEssentials

/// Makes tokens that look like HS256 ones (RFC 7519). Nobody verifies the signature, so it is random bytes;
/// the same seed gives the same tokens at the same times.
struct TokenMint: Sendable {
  private(set) var last: String?

  /// - Parameters:
  ///   - wall: seconds since 1970.
  ///   - lifetime: seconds.
  /// - Throws: ``Refusal`` (500) where the claims can't be written as JSON.
  mutating func issue(
    subject: String, at wall: Double, lifetime: Int, faults: Faults, random: inout SeededRandom
  ) throws(Refusal) -> String {
    let issuedAt = Int64(wall.rounded(.down))
    var claims: [String: JSONValue] = [
      "sub": .string(subject),
      "jti": .string(Self.base64URL(random.bytes(12))),
      "iat": .integer(issuedAt + Int64(faults.iatSkew ?? 0)),
      "exp": .integer(issuedAt + Int64(lifetime) + Int64(faults.expSkew ?? 0)),
    ]
    if let form = faults.expAs, case .integer(let exp)? = claims["exp"] { claims["exp"] = form.write(exp) }
    if let nbf = faults.nbfSkew { claims["nbf"] = .integer(issuedAt + Int64(nbf)) }
    if faults.withoutIat == true { claims["iat"] = nil }
    if faults.withoutExp == true { claims["exp"] = nil }
    if let padding = faults.tokenPadding {
      claims["padding"] = .string(String(repeating: "x", count: padding))
    }
    claims.merge(faults.claims ?? [:]) { _, fault in fault }

    let payload: Data
    do {
      payload = try JSONEncoder.stable.encode(claims)
    } catch {
      throw Refusal(500, "cannot write the claims as JSON")
    }
    let parts = [Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), Array(payload), random.bytes(32)]
    let token = parts.map(Self.base64URL).joined(separator: ".")
    last = token
    return token
  }

  /// RFC 4648 section 5, without padding.
  private static func base64URL(_ bytes: [UInt8]) -> String {
    let letters = Data(bytes).base64EncodedString().compactMap { letter -> Character? in
      switch letter {
      case "+": "-"
      case "/": "_"
      case "=": nil
      default: letter
      }
    }
    return String(letters)
  }
}
