internal import TokenCore

/// The service's own words about a request that it refused, fit for a log.
enum ServiceMessage {
  /// Characters.
  static let longest = 200
  private static let names = ["message", "error_description", "error", "detail"]
  /// So many bytes of the secret in a row give it away.
  private static let tellingLength = 8
  /// A run of this many letters and digits with both in it may be a token or a key.
  private static let tokenLength = 20

  /// The first short message in a JSON error body: at its root, else in an object `error` or in the first of
  /// `errors`. What resembles the credentials or a token is shown as `…`.
  static func find(in body: [UInt8], _ credentials: Credentials) -> String? {
    guard case .json(let document) = AnswerText(body) else { return nil }
    var holders = [document, document["error"]]
    if case .array(let errors)? = document["errors"] { holders.append(errors.first) }
    let texts = holders.compactMap { $0 }.lazy.flatMap { holder in
      names.lazy.compactMap { holder[$0]?.string }
    }
    return texts.compactMap { clean($0, credentials) }.first
  }

  /// `nil` where nothing is left to be shown.
  static func clean(_ text: String, _ credentials: Credentials) -> String? {
    let printable = Printable.text(
      text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }.joined(separator: " "),
      limit: 4 * longest)
    let withoutTokens = hideTokens(hide(credentials, in: printable))
    let short =
      withoutTokens.count > longest ? withoutTokens.prefix(longest - 1) + "…" : withoutTokens[...]
    return short.contains { $0.isLetter || $0.isNumber } ? String(short) : nil
  }

  /// The client ID, and every part of the text that the secret holds too, whatever its case.
  private static func hide(_ credentials: Credentials, in text: String) -> String {
    let (id, secret) = (credentials.clientID, credentials.clientSecret)
    var bytes = Array(text.utf8)
    let lowered = bytes.map(lowercased)
    for (secret, length) in [(id, id.count), (secret, min(tellingLength, secret.count))] where length > 0 {
      secret.withBytes { secret in
        for start in lowered.indices.dropLast(length - 1) {
          let isTold = (0...(secret.count - length)).contains { offset in
            (0..<length).allSatisfy { lowered[start + $0] == lowercased(secret[offset + $0]) }
          }
          if isTold { for index in start..<(start + length) { bytes[index] = 0 } }
        }
      }
    }
    let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
    var shown = ""
    for (index, part) in parts.enumerated() where index == 0 || index == parts.count - 1 || !part.isEmpty {
      shown += (index == 0 ? "" : "…") + String(decoding: part, as: UTF8.self)
    }
    return shown
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  private static func hideTokens(_ text: String) -> String {
    var shown = ""
    var run = ""
    func flush() {
      let hasBoth = run.contains { $0.isNumber } && run.contains { $0.isLetter }
      shown += run.count >= tokenLength && hasBoth ? "…" : run
      run = ""
    }
    for character in text {
      if character.isASCII && (character.isLetter || character.isNumber) || "-_+/=.~".contains(character) {
        run.append(character)
      } else {
        flush()
        shown.append(character)
      }
    }
    flush()
    return shown
  }
}
