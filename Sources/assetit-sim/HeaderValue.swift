/// Text that may stand in a header as it is: visible ASCII and spaces. Read from a JSON string or integer.
struct HeaderValue: Codable, Equatable, Sendable {
  let text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    text = try (try? value.decode(Int.self)).map(String.init) ?? value.decode(String.self)
    guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "no header may hold this text")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(text)
  }
}
