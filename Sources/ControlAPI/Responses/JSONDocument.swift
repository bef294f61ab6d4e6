internal import FoundationEssentials

enum JSONDocument {
  /// On one line, keys sorted, with a newline at the end.
  static func bytes(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts, whole numbers and booleans always encode.
    guard let data = try? encoder.encode(value) else { return Array("{}\n".utf8) }
    return Array(data) + [UInt8(ascii: "\n")]
  }
}
