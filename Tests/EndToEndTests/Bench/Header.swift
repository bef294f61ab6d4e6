import FoundationEssentials

/// A header as readers get it, taken apart.
struct Header: Equatable, Sendable {
  struct Malformed: Error, CustomStringConvertible {
    let text: String

    var description: String { "no whole header: \(text.debugDescription)" }
  }

  private struct Claims: Decodable {
    let exp: Int
  }

  /// `JWT TOKEN`
  let text: String
  let token: String
  /// `exp`, seconds since 1970.
  let expiresAt: Int
  private let payload: Data

  /// - Throws: ``Malformed`` where the bytes aren't exactly `JWT ` and a token of three parts.
  init(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    let token = text.dropFirst(4)
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    let isClean = token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard text.hasPrefix("JWT "), parts.count == 3, parts[2].count == 43, isClean,
      let payload = Self.base64URL(parts[1]),
      let claims = try? JSONDecoder().decode(Claims.self, from: payload)
    else { throw Malformed(text: text) }
    self.text = text
    self.token = String(token)
    expiresAt = claims.exp
    self.payload = payload
  }

  /// Further claims; `nil` where they aren't there.
  func decodedClaims<Claims: Decodable>(_ type: Claims.Type) -> Claims? {
    try? JSONDecoder().decode(type, from: payload)
  }

  private static func base64URL(_ text: Substring) -> Data? {
    let letters = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    return Data(base64Encoded: String(letters) + String(repeating: "=", count: (4 - letters.count % 4) % 4))
  }
}
