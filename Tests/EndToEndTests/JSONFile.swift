import FoundationEssentials

/// A file in the `json` format.
struct JSONFile: Decodable {
  let header: String
  let profile: String
  let issuedAt: String
  let expiresAt: String

  enum CodingKeys: String, CodingKey {
    case header, profile
    case issuedAt = "issued_at"
    case expiresAt = "expires_at"
  }

  init(_ bytes: [UInt8]) throws {
    self = try JSONDecoder().decode(JSONFile.self, from: Data(bytes))
  }

  /// Seconds since 1970 of an RFC 3339 timestamp.
  func seconds(of timestamp: String) throws -> Double {
    try Date(timestamp, strategy: .iso8601).timeIntervalSince1970
  }
}
