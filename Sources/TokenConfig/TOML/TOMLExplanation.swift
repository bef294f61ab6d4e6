/// What toml++ says about a malformed file, in words of our own.
enum TOMLExplanation {
  /// As far as we know them: its messages quote the file, so none is passed on.
  static func of(_ message: String) -> String {
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
