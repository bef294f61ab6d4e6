internal import TokenCore

/// The service's own words about a request that it refused, fit for a log.
enum ServiceMessage {
  /// Characters.
  static let longest = 200
  private static let names = ["message", "error_description", "error", "detail"]
  /// A run of this many letters and digits with both in it may be a token or a key.
  private static let tokenLength = 20
  /// No word is that long.
  private static let longestWord = 32

  /// The first short message in a JSON error body: at its root, else in an object `error` or in the first of
  /// `errors`. What resembles the credentials or a token is shown as `…`.
  static func find(in body: [UInt8], _ hidden: Hidden) -> String? {
    guard case .json(let document) = AnswerText(body) else { return nil }
    var holders = [document, document["error"]]
    if case .array(let errors)? = document["errors"] { holders.append(errors.first) }
    let texts = holders.compactMap { $0 }.lazy.flatMap { holder in
      names.lazy.compactMap { holder[$0]?.string }
    }
    return texts.compactMap { clean($0, hidden) }.first
  }

  /// `nil` where nothing is left to be shown.
  static func clean(_ text: String, _ hidden: Hidden) -> String? {
    // What is shown is at the beginning of this.
    let start = String(String.UnicodeScalarView(text.unicodeScalars.prefix(4 * longest)))
    let open = hideTokens(hidden.covering(start))
    guard !hidden.isEncoded(in: open, orWhatResembles: { hideTokens($0) != $0 }) else { return nil }
    let printable = Printable.text(
      open.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }.joined(separator: " "))
    // White space within one has gone.
    let withoutTokens = hideTokens(hidden.covering(printable))
    let short =
      withoutTokens.count > longest ? withoutTokens.prefix(longest - 1) + "…" : withoutTokens[...]
    return short.contains { $0.isLetter || $0.isNumber } ? String(short) : nil
  }

  private static func hideTokens(_ text: String) -> String {
    var shown = ""
    var run = ""
    func flush() {
      let hasBoth = run.contains { $0.isNumber } && run.contains { $0.isLetter }
      let isWord = run.split { !$0.isLetter && !$0.isNumber }.allSatisfy { $0.count < longestWord }
      shown += (run.count >= tokenLength && hasBoth) || !isWord ? "…" : run
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
