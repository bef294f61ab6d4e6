internal import TokenCore

/// Finds the token in an answer of 2xx.
struct TokenReader: Sendable {
  /// The longest answer and the longest token, bytes.
  static let limit = 65_536
  /// What goes before a token in a header, and sometimes in the answer already. No token holds a space.
  private static let usualPrefixes = ["JWT ", "Bearer "]
  static let usualPlaces = ["/token", "/accessToken", "/access_token", "/jwt"].compactMap(JSONPointer.init)

  /// What an answer brings.
  struct Finding {
    /// Without its prefix.
    let token: Secret
    /// None where it is opaque.
    let claims: JWTClaims
    /// In the JSON; `nil`: the body itself is the token.
    let place: JSONPointer?
    let expiresIn: Int64?
    let remarks: [AnswerRemark]
  }

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
    prefixes = [settings.headerPrefix] + Self.usualPrefixes
  }

  /// - Throws: what is wrong with the answer.
  func read(_ body: [UInt8]) throws(UnusableAnswer) -> Finding {
    guard body.count <= Self.limit else { throw .oversized(limit: Self.limit) }
    switch AnswerText(body) {
    case .empty: throw .empty
    case .page: throw .html
    case .unreadable: throw .notText
    case .nested(let limit): throw .nested(limit: limit)
    case .plain(let text):
      if let pointer, !pointer.text.isEmpty { throw .noToken(lookedAt: [pointer.text]) }
      let (token, claims) = try token(in: text)
      return Finding(token: token, claims: claims, place: nil, expiresIn: nil, remarks: claims.remarks)
    case .json(let document): return try find(in: document)
    }
  }

  /// At the configured place, else at the first of the usual ones that holds a usable token. A null or an empty
  /// string at one of them doesn't end the search.
  private func find(in document: JSONValue) throws(UnusableAnswer) -> Finding {
    var failure: UnusableAnswer?
    for place in places {
      guard let text = place.value(in: document)?.string else { continue }
      do throws(UnusableAnswer) {
        let (token, claims) = try token(in: Array(text.utf8)[...])
        let (expiresIn, remarks) = ExpiresIn.find(beside: place, in: document)
        return Finding(
          token: token, claims: claims, place: place, expiresIn: expiresIn, remarks: claims.remarks + remarks)
      } catch {
        // An empty string says less than what is wrong with another place.
        if failure == nil || failure == .empty { failure = error }
      }
    }
    // The empty pointer is shown as it is written in the configuration.
    let shown = pointer.map { [$0.text.isEmpty ? "\"\"" : $0.text] } ?? Self.usualPlaces.map(\.text)
    throw failure ?? .noToken(lookedAt: shown)
  }

  /// The first text where the token is looked for, whatever is wrong with it.
  func candidate(in text: AnswerText) -> (token: Secret, place: String)? {
    switch text {
    case .plain(let text): return (Secret(withoutPrefix(AnswerText.trim(text))), "")
    case .json(let document):
      for place in places {
        guard let text = place.value(in: document)?.string, !text.isEmpty else { continue }
        return (Secret(withoutPrefix(AnswerText.trim(Array(text.utf8)[...]))), place.text)
      }
      return nil
    case .empty, .page, .unreadable, .nested: return nil
    }
  }

  /// Where the token is looked for in JSON.
  private var places: [JSONPointer] {
    pointer.map { [$0] } ?? [JSONPointer("")].compactMap { $0 } + Self.usualPlaces
  }

  private func token(in text: ArraySlice<UInt8>) throws(UnusableAnswer) -> (Secret, JWTClaims) {
    let token = withoutPrefix(AnswerText.trim(text))
    guard !token.isEmpty else { throw .empty }
    guard token.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .forbiddenCharacters }
    switch format {
    case .jwt: return (Secret(token), try JWTClaims(token: token))
    case .opaque: return (Secret(token), JWTClaims())
    }
  }

  /// A prefix that could as well be the token's own beginning stays.
  private func withoutPrefix(_ token: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    for prefix in prefixes where prefix.contains(" ") && token.starts(with: prefix.utf8) {
      return token.dropFirst(prefix.utf8.count)
    }
    return token
  }
}

/// `expires_in` (RFC 6749 section 5.1), as services spell it.
enum ExpiresIn {
  private static let names = ["expires_in", "expiresIn"]
  private static let range: ClosedRange<Int64> = 1...31_536_000

  /// In the object that holds the token, else in the root. Anything but a number or digits within a year is
  /// remarked and left out.
  static func find(beside place: JSONPointer, in document: JSONValue) -> (Int64?, [AnswerRemark]) {
    var remarks: [AnswerRemark] = []
    for holder in [place.parent.value(in: document), document].compactMap({ $0 }) {
      for value in names.compactMap({ holder[$0] }) where value != .null {
        if let seconds = seconds(value) { return (seconds, []) }
        remarks = [.unusableExpiresIn]
      }
    }
    return (nil, remarks)
  }

  private static func seconds(_ value: JSONValue) -> Int64? {
    let seconds: Int64? =
      switch value {
      case .integer(let seconds): seconds
      case .number(let seconds): Int64(exactly: seconds.rounded(.down))
      case .string(let text) where text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }:
        Int64(text)
      case .string, .null, .boolean, .array, .object: nil
      }
    return seconds.flatMap { range.contains($0) ? $0 : nil }
  }
}
