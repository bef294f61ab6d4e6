internal import TokenCore

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

  private init(tokens: [String]) {
    self.tokens = tokens
    text = tokens.map { "/" + Self.escape($0) }.joined()
  }

  /// A key as it stands in a pointer.
  static func escape(_ token: String) -> String {
    var escaped = ""
    for scalar in token.unicodeScalars {
      switch scalar {
      case "~": escaped += "~0"
      case "/": escaped += "~1"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
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

  /// What holds this place; the document itself for its own place.
  var parent: JSONPointer { JSONPointer(tokens: tokens.dropLast()) }

  /// The value at this place; `nil` where there is none.
  func value(in document: JSONValue) -> JSONValue? {
    var value = document
    for token in tokens {
      switch value {
      case .object:
        guard let member = value[token] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Self.index(token), index < elements.count else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  /// Digits without leading zeros (RFC 6901 section 4).
  private static func index(_ token: String) -> Int? {
    guard let index = Int(token), index >= 0, String(index) == token else { return nil }
    return index
  }
}
