internal import FoundationEssentials

/// A place in a JSON document (RFC 6901).
struct JSONPointer: Equatable, Sendable {
  let text: String
  private let tokens: [String]

  /// `nil` unless the text is empty (the whole document) or begins with a slash and escapes by `~0` and `~1`
  /// only.
  init?(_ text: String) {
    guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
    var tokens: [String] = []
    for part in text.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let token = Self.unescape(part) else { return nil }
      tokens.append(token)
    }
    self.text = text
    self.tokens = tokens
  }

  private static func unescape(_ part: Substring.UnicodeScalarView) -> String? {
    var token = ""
    var rest = part
    while let scalar = rest.popFirst() {
      guard scalar == "~" else {
        token.unicodeScalars.append(scalar)
        continue
      }
      switch rest.popFirst() {
      case "0": token += "~"
      case "1": token += "/"
      default: return nil
      }
    }
    return token
  }

  /// The string at this place; `nil` where there is none.
  ///
  /// - Throws: where `json` is no JSON document. (JSONDecoder refuses more than 512 levels by itself.)
  func string(in json: Data) throws -> String? {
    try JSONDecoder().decode(PointedString.self, from: json, configuration: tokens).text
  }
}

private struct PointedString: DecodableWithConfiguration {
  let text: String?

  init(from decoder: any Decoder, configuration tokens: [String]) throws {
    text = Self.find(tokens[...], decoder)
  }

  private static func find(_ tokens: ArraySlice<String>, _ decoder: any Decoder) -> String? {
    guard let token = tokens.first else {
      return try? decoder.singleValueContainer().decode(String.self)
    }
    if let object = try? decoder.container(keyedBy: Key.self) {
      let key = Key(stringValue: token)
      guard object.contains(key), let value = try? object.superDecoder(forKey: key) else { return nil }
      return find(tokens.dropFirst(), value)
    }
    guard var array = try? decoder.unkeyedContainer(), let index = Self.index(token),
      index < array.count ?? 0
    else { return nil }
    for _ in 0..<index {
      guard (try? array.decode(Skipped.self)) != nil else { return nil }
    }
    return (try? array.superDecoder()).flatMap { find(tokens.dropFirst(), $0) }
  }

  /// Digits without leading zeros (RFC 6901 section 4).
  private static func index(_ token: String) -> Int? {
    guard let index = Int(token), index >= 0, String(index) == token else { return nil }
    return index
  }

  private struct Skipped: Decodable {
    init(from decoder: any Decoder) {}
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
      self.stringValue = stringValue
    }

    init?(intValue: Int) {
      return nil
    }
  }
}
