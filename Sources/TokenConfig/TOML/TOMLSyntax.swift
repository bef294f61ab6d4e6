internal import TOMLKit

/// Where a file isn't TOML, and why; never with a piece of the file, which may hold a secret right there.
struct SyntaxFault: Error {
  let place: String?
  let text: String
}

/// From bytes to TOML values.
enum TOMLSyntax {
  static func parse(_ bytes: [UInt8]) throws(SyntaxFault) -> [String: TOMLNode] {
    let text = try text(bytes)
    var scanner = TOMLScanner(bytes)
    try scanner.scan()
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      let begin = error.source.begin
      throw SyntaxFault(
        place: "line \(begin.line), column \(begin.column)", text: explanation(of: error.description))
    } catch {
      throw SyntaxFault(place: nil, text: "is not TOML")
    }
    // TOMLKit never frees a table; emptying it gives most of that back.
    defer { table.clear() }
    guard case .table(let nodes) = TOMLNode(table) else { return [:] }
    return nodes
  }

  /// TOML is UTF-8 (TOML 1.0, Spec), and the parser ends at a NUL.
  private static func text(_ bytes: [UInt8]) throws(SyntaxFault) -> String {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let place = "line \(index + 1)"
      if line.contains(0) { throw SyntaxFault(place: place, text: "holds a NUL byte") }
      if String(validating: line, as: UTF8.self) == nil {
        throw SyntaxFault(place: place, text: "is not UTF-8 text")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Says in words of our own what toml++ says, as far as we know it: its messages quote the file.
  private static func explanation(of message: String) -> String {
    let own = message.split(separator: "'", maxSplits: 1).first ?? ""
    return explanations.first { own.contains($0.said) }?.text ?? "is not TOML (see toml.io)"
  }

  private static let explanations: [(said: String, text: String)] = [
    ("redefine existing table", "this name is given twice"),
    ("cannot redefine", "this key is given twice"),
    ("string: encountered end-of-file", "a string is not closed: its last quotation mark is missing"),
    ("string: unescaped control", "a string is not closed on its line, or holds a control character"),
    (
      "escape sequence", "an unknown escape in a string: write \"\\\\\" for a backslash, or use single quotes"
    ),
    ("unicode scalar", "an unknown escape in a string: write \"\\\\\" for a backslash, or use single quotes"),
    ("leading zeroes", "a number may not begin with 0: a mode such as \"0640\" needs quotation marks"),
    ("could not determine value type", "no value that TOML knows: a string needs quotation marks"),
    ("expected value", "a value is expected here: a string needs quotation marks"),
    ("expected a comment or whitespace", "nothing may follow here: are all quotation marks in order?"),
    ("key-value pair: expected", "\"=\" is expected after a key"),
    ("table header", "a section is a name in brackets on a line of its own, such as [profiles.default]"),
    ("inline table", "a table in braces needs commas between its keys and \"}\" at its end"),
    ("array", "a list needs commas between its values and \"]\" at its end"),
    ("expected keys", "a key or a section is expected here"),
    (
      "boolean",
      "no value that TOML knows: true and false are in small letters, a string needs quotation marks"
    ),
    ("encountered end-of-file", "the file ends before the value is complete"),
    ("maximum nested", "nested too deeply"),
    ("integer", "no number that TOML knows: a string, such as \"90s\", needs quotation marks"),
    ("floating-point", "no number that TOML knows: a string, such as \"1.5h\", needs quotation marks"),
    ("date", "no date that TOML knows: a string needs quotation marks"),
    ("time", "no time that TOML knows: a string needs quotation marks"),
  ]
}
