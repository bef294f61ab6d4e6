internal import FoundationEssentials
internal import TokenCore

/// Finds the token in an answer of 2xx.
struct TokenReader {
  /// The longest answer and the longest token, bytes.
  static let limit = 65_536
  /// What goes before a token in AssetIT's header, and sometimes in the answer already.
  private static let usualPrefix = "JWT "
  private static let usualPlaces = ["/token", "/accessToken", "/access_token", "/jwt"].compactMap(
    JSONPointer.init)

  private let pointer: JSONPointer?
  private let format: TokenFormat
  private let prefixes: [String]

  /// - Throws: `.unusableSetting` where `token_pointer` is no JSON pointer.
  init(_ settings: ExchangeSettings) throws(ExchangeFailure) {
    pointer = settings.tokenPointer.flatMap(JSONPointer.init)
    guard (pointer == nil) == (settings.tokenPointer == nil) else {
      throw .unusableSetting(reason: "token_pointer is no JSON pointer (RFC 6901): begin it with a slash")
    }
    format = settings.tokenFormat
    prefixes = [settings.headerPrefix, Self.usualPrefix]
  }

  /// The token without its prefix, and its claims (none where it is opaque).
  ///
  /// - Parameter contentType: the answer's `Content-Type`.
  /// - Throws: what is wrong with the answer.
  func read(
    _ body: [UInt8], contentType: String?
  ) throws(UnusableAnswer) -> (token: Secret, claims: JWTClaims) {
    guard body.count <= Self.limit else { throw .oversized(limit: Self.limit) }
    let text = (body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]).trimmingWhiteSpace
    guard let first = text.first else { throw .empty }
    if first == UInt8(ascii: "<") || Self.isHTML(contentType) { throw .html }
    let token = withoutPrefix(try find(in: text).trimmingWhiteSpace)
    guard !token.isEmpty else { throw .empty }
    guard token.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .forbiddenCharacters }
    let claims =
      switch format {
      case .jwt: try JWTClaims(token: token)
      case .opaque: JWTClaims()
      }
    return (Secret(token), claims)
  }

  private func find(in text: ArraySlice<UInt8>) throws(UnusableAnswer) -> ArraySlice<UInt8> {
    guard String(validating: text, as: UTF8.self) != nil else { throw .notText }
    guard Self.isJSON(text) else {
      guard let pointer, !pointer.text.isEmpty else { return text }
      throw .noToken(lookedAt: [pointer.text])
    }
    let wholeDocument = [JSONPointer("")].compactMap { $0 }
    for place in pointer.map({ [$0] }) ?? wholeDocument + Self.usualPlaces {
      do {
        if let found = try place.string(in: Data(text)) { return ArraySlice(found.utf8) }
      } catch {
        throw .notText
      }
    }
    // The empty pointer is shown as it is written in the configuration.
    let places = pointer.map { [$0.text.isEmpty ? "\"\"" : $0.text] } ?? Self.usualPlaces.map(\.text)
    throw .noToken(lookedAt: places)
  }

  /// Objects, arrays and strings by their first byte. Of the other values only the literals can be mistaken
  /// for a token, and never are one.
  private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool {
    switch text.first {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): true
    default: ["null", "true", "false"].contains { text.elementsEqual($0.utf8) }
    }
  }

  private static func isHTML(_ contentType: String?) -> Bool {
    let mediaType = contentType?.prefix { $0 != ";" && $0 != " " }.lowercased()
    return mediaType == "text/html" || mediaType == "application/xhtml+xml"
  }

  /// A prefix that could as well be the token's own beginning stays.
  private func withoutPrefix(_ token: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    for prefix in prefixes where prefix.contains(" ") && token.starts(with: prefix.utf8) {
      return token.dropFirst(prefix.utf8.count)
    }
    return token
  }
}

extension ArraySlice<UInt8> {
  /// Without spaces, tabs and line ends around it.
  fileprivate var trimmingWhiteSpace: ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    let tail = drop(while: isSpace)
    guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return [] }
    return tail[...last]
  }
}
