internal import FoundationEssentials
internal import TokenCore

enum JSON {
  /// The longest answer of the daemon: the states of some thousand profiles.
  private static let limit = 4 << 20

  /// Dates are RFC 3339 in whole seconds.
  ///
  /// - Throws: if the text is too long, nested too deeply for the decoder, or not what is expected.
  static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
    try JSONBounds.check(bytes, limit: limit)
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(bytes))
  }
}
