import TokenCore

@testable import AssetITAPI

/// What comes from AssetIT, or from whoever is on the way to it.
extension Fuzz {
  private static let secret = "Zk9-geheim/4711+=x"
  private static let credentials = Credentials(clientID: Secret("the-id"), clientSecret: Secret(secret))
  private static let localNow = 1_700_000_100.0

  /// A byte that chooses the settings; header lines to an empty one; the body.
  static let answer: Target = { input in
    guard let choice = input.first else { return }
    var settings = ExchangeSettings(baseURL: "https://assetit.example")
    settings.tokenFormat = choice & 1 == 0 ? .jwt : .opaque
    settings.tokenPointer = [nil, "", "/data/token", "/0/a"][Int(choice >> 1 & 3)]
    settings.headerPrefix = choice & 8 == 0 ? "JWT " : "ey"
    guard let reader = try? TokenReader(settings) else { return demand(false, "the settings are good") }
    var answer = IncomingAnswer(limit: TokenReader.limit)
    var rest = input.dropFirst()
    while let end = rest.firstIndex(of: 0x0A) {
      let line = Array(rest[...end])
      rest = rest[(end + 1)...]
      _ = line.withUnsafeBytes { answer.add(headerLine: $0) }
      if line.count == 1 { break }
    }
    _ = Array(rest).withUnsafeBytes { answer.add(body: $0) }
    let reading = AnswerReading(body: answer.body, headers: answer.headers, localNow: localNow)
    do throws(UnusableAnswer) {
      let grant = try reading.grant(reader, assumedLifetime: .seconds(3600))
      demand(
        grant.lifetime > .zero && grant.lifetime <= .seconds(3653 * 86_400), "a lifetime within ten years")
      demand(grant.validAfter >= .zero && grant.validAfter < grant.lifetime, "valid before its end")
      let isVisible = grant.token.withBytes { bytes in bytes.indices.allSatisfy { 0x21...0x7E ~= bytes[$0] } }
      demand(isVisible && !grant.token.isEmpty, "a token that a header may hold")
    } catch {
      demand(!isTold("\(error)"), "an error holds the secret: \(error)")
    }
    let told = BodyReading(answer.body, answer.headers, reader, credentials)
    let texts = [
      "\(told.shape)", "\(told.tokenPlaces)", "\(answer.headers.tokenPlaces(told.hidden))",
      ServiceMessage.find(in: answer.body, told.hidden) ?? "",
    ]
    for text in texts { demand(!isTold(text), "what is told holds the secret: \(text)") }
    _ = told.token(reader)
  }

  private static func isTold(_ text: String) -> Bool { text.contains(secret) }

  /// A payload, which is made into a token, and the input as a token itself.
  static let claims: Target = { input in
    let parts = [Array(#"{"alg":"none"}"#.utf8), input, Array("signature".utf8)].map(base64url)
    for token in [Array(parts.joined(separator: [0x2E])), input] {
      guard let claims = try? JWTClaims(token: token) else { continue }
      demand(JWTClaims.looksLikeJWT(token) || token == input, "what has claims looks like a JWT")
      for date in [nil, Int64(1_700_000_000), .max, .min] {
        for local in [localNow, 0, .infinity, .nan, -1e300] {
          let lifetime = TokenLifetime(
            claims: claims, expiresIn: nil, serviceDate: date, hasAge: false, localNow: local,
            assumed: .seconds(3600))
          guard let verdict = try? lifetime.judge() else { continue }
          demand(verdict.lifetime > .zero, "a lifetime of 0 or less is no answer")
        }
      }
    }
  }

  private static func base64url(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var (text, bits, count) = ([UInt8](), UInt32(0), UInt32(0))
    for byte in bytes {
      (bits, count) = ((bits << 8 | UInt32(byte)) & 0x3FFF, count + 8)
      while count >= 6 {
        count -= 6
        text.append(letters[Int(bits >> count & 63)])
      }
    }
    if count > 0 { text.append(letters[Int(bits << (6 - count) & 63)]) }
    return text
  }

  /// `Date`, then `Retry-After`, a line each.
  static let dates: Target = { input in
    let lines = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    var headers = ServiceHeaders()
    for (name, value) in zip(["Date", "Retry-After"], lines) {
      headers.add(line: "\(name): \(String(decoding: value, as: UTF8.self))")
    }
    for local in [localNow, 0, .infinity, -.infinity, .nan] {
      guard let wait = headers.retryAfter(localNow: local) else { continue }
      demand(
        wait >= .zero && wait <= .seconds(ServiceHeaders.longestRetryAfter), "Retry-After is bounded: \(wait)"
      )
    }
  }

  /// A JSON pointer, a line end, a document.
  static let pointers: Target = { input in
    let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let text = String(validating: parts[0], as: UTF8.self),
      let document = try? JSONValue(parts[1], limit: TokenReader.limit)
    else { return }
    guard let pointer = JSONPointer(text) else {
      return demand(!text.isEmpty && text.utf8.first != 0x2F || text.contains("~"), "a pointer: \(text)")
    }
    let (expiresIn, _) = ExpiresIn.find(beside: pointer, in: document)
    demand(expiresIn.map { (1...31_536_000).contains($0) } ?? true, "expires_in within a year")
    demand(JSONPointer("")?.value(in: document) == document, "the empty pointer is the document")
    // What Swift takes for one character would hide slashes.
    if text.utf8.allSatisfy({ $0 < 0x80 }), let value = pointer.value(in: document),
      case .object? = pointer.parent.value(in: document),
      let key = text.split(separator: "/", omittingEmptySubsequences: false).last
    {
      let name = String(key).replacing("~1", with: "/").replacing("~0", with: "~")
      demand(pointer.parent.value(in: document)?[name] == value, "a pointer and its parent agree")
    }
  }
}
