import FoundationEssentials

enum JSONLine {
  /// On one line, keys sorted, times in RFC 3339, with a newline at the end.
  static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}
