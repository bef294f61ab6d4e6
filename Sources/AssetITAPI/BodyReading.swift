internal import TokenCore

/// What can be told of an answer's body without a byte of a token or of the client secret: pure.
struct BodyReading {
  private static let mostPlaces = 100
  private static let longestName = 60

  private let body: [UInt8]
  private let text: AnswerText
  /// What must not be told: the credentials, and whatever in the answer may be a token.
  let hidden: Hidden

  /// - Parameters:
  ///   - reader: where a token is looked for.
  ///   - headers: an answer's other place for one.
  init(_ body: [UInt8], _ headers: ServiceHeaders, _ reader: TokenReader, _ credentials: Credentials) {
    self.body = body
    text = AnswerText(body)
    var tokens = headers.fields.map { Array($0.value.utf8)[...] }.filter(Self.looksLikeToken).map {
      Secret($0)
    }
    if let (token, _) = reader.candidate(in: text) { tokens.append(token) }
    if case .json(let document) = text { tokens += Self.tokens(in: document) }
    if case .plain(let text) = text, Self.looksLikeToken(text) { tokens.append(Secret(text)) }
    hidden = Hidden(credentials, tokens: tokens)
  }

  private static func tokens(in value: JSONValue) -> [Secret] {
    switch value {
    case .string(let text): looksLikeToken(Array(text.utf8)[...]) ? [Secret(text)] : []
    case .array(let elements): elements.flatMap(tokens)
    case .object(let members):
      members.flatMap { member in
        tokens(in: member.value)
          + (looksLikeToken(Array(member.name.utf8)[...]) ? [Secret(member.name)] : [])
      }
    case .null, .boolean, .integer, .number: []
    }
  }

  var shape: ExchangeTrace.Body {
    switch text {
    case .empty: .empty
    case .page: .page(title: title)
    case .unreadable, .nested: .unreadable
    case .plain(let text): .text(looksLikeToken: Self.looksLikeToken(text))
    case .json(let document): .json(Array(places(of: document).prefix(Self.mostPlaces)))
    }
  }

  /// JSON pointers of what looks like a token.
  var tokenPlaces: [String] {
    switch text {
    case .plain(let text) where Self.looksLikeToken(text): [""]
    case .json(let document):
      // A name that isn't shown as it is leads nowhere.
      places(of: document).filter(\.looksLikeToken).map(\.pointer).filter {
        JSONPointer($0)?.value(in: document)?.string != nil
      }
    default: []
    }
  }

  /// What `reader` takes for the token, even where it is no usable one.
  func token(_ reader: TokenReader) -> ExchangeTrace.Token? {
    if let finding = try? reader.read(body) {
      return describe(finding.token, finding.place?.text ?? "", finding.expiresIn)
    }
    guard let (token, place) = reader.candidate(in: text) else { return nil }
    return describe(token, place, nil)
  }

  private func describe(_ token: Secret, _ place: String, _ expiresIn: Int64?) -> ExchangeTrace.Token {
    let members = token.withBytes { $0.withUnsafeBufferPointer { try? JWTClaims.members(of: $0) } }
    var claims: [ExchangeTrace.Claim] = []
    if case .object(let listed)? = members {
      claims = listed.prefix(Self.mostPlaces).map { member in
        ExchangeTrace.Claim(
          name: name(member.name), kind: member.value.kind,
          value: Self.shownClaims.contains(member.name) ? shown(member.value) : nil)
      }
    }
    func date(_ claim: String) -> Int64? {
      if case .date(let seconds, _) = NumericDate(members?[claim], claim: claim) { seconds } else { nil }
    }
    let (exp, iat) = (date("exp"), date("iat"))
    return ExchangeTrace.Token(
      place: place, length: token.count, claims: claims,
      claimedLifetime: exp.flatMap { exp in iat.map { exp - $0 } }, expiresIn: expiresIn)
  }

  private static let shownClaims: Set<String> = ["iat", "exp", "nbf", "iss", "aud"]

  private func shown(_ value: JSONValue) -> String? {
    switch value {
    case .null: "null"
    case .boolean(let boolean): "\(boolean)"
    case .integer(let integer): hidden.isHeld(in: "\(integer)") ? nil : "\(integer)"
    case .number(let number): hidden.isHeld(in: "\(number)") ? nil : "\(number)"
    case .string(let text): ServiceMessage.clean(text, hidden)
    case .array(let elements):
      "[" + elements.prefix(10).map { shown($0) ?? "…" }.joined(separator: ", ") + "]"
    case .object: nil
    }
  }

  private func name(_ name: String) -> String {
    name.count <= Self.longestName ? ServiceMessage.clean(name, hidden) ?? "…" : "…"
  }

  private func places(of document: JSONValue) -> [ExchangeTrace.Body.Place] {
    var found: [ExchangeTrace.Body.Place] = []
    func visit(_ value: JSONValue, _ path: String) {
      // A long list says the same again and again.
      guard found.count <= 10 * Self.mostPlaces else { return }
      found.append(.init(pointer: path, kind: value.kind, looksLikeToken: value.looksLikeToken))
      switch value {
      case .object(let members):
        for member in members { visit(member.value, path + "/" + JSONPointer.escape(name(member.name))) }
      case .array(let elements):
        for (index, element) in elements.enumerated() { visit(element, "\(path)/\(index)") }
      case .null, .boolean, .integer, .number, .string: break
      }
    }
    visit(document, "")
    return found
  }

  /// What stands between the first `<title>` and its end.
  private var title: String? {
    let page = String(decoding: body.prefix(8192), as: UTF8.self)
    guard let start = page.range(of: "<title", caseInsensitive: true),
      let open = page[start.upperBound...].firstIndex(of: ">")
    else { return nil }
    let text = page[page.index(after: open)...].prefix { $0 != "<" }
    return ServiceMessage.clean(String(text), hidden)
  }

  static func looksLikeToken(_ text: ArraySlice<UInt8>) -> Bool {
    let trimmed = AnswerText.trim(text)
    let bare = ["JWT ", "Bearer "].first { trimmed.starts(with: $0.utf8) }.map {
      trimmed.dropFirst($0.utf8.count)
    }
    return JWTClaims.looksLikeJWT(bare ?? trimmed)
  }
}

extension ServiceHeaders {
  /// Fields whose value looks like a token.
  func tokenPlaces(_ hidden: Hidden) -> [String] {
    fields.filter { BodyReading.looksLikeToken(Array($0.value.utf8)[...]) }
      .map { "header " + (ServiceMessage.clean($0.name, hidden) ?? "…") }
  }
}

extension JSONValue {
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .string(let text): "string of \(text.count) \(text.count == 1 ? "character" : "characters")"
    case .array(let elements): "array of \(elements.count)"
    case .object: "object"
    }
  }

  fileprivate var looksLikeToken: Bool {
    if case .string(let text) = self { BodyReading.looksLikeToken(Array(text.utf8)[...]) } else { false }
  }
}

extension String {
  /// Of ASCII text.
  fileprivate func range(of text: String, caseInsensitive: Bool) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      let rest = self[start...]
      if rest.prefix(text.count).lowercased() == text { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
