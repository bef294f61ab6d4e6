/// Text from outside (a peer's path, a service's message, a configuration) as it may stand on a line that people read.
package enum Printable {
  /// Whether a scalar could break the line, hide, or turn the order of what is shown (bidirectional controls such as
  /// U+202E): control and format characters, line and paragraph separators, and those without a meaning of their own.
  package static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }

  /// The text with each hidden scalar written as `\u{…}`. `limit`: scalars of the text that are kept, with `…` for the
  /// others; `nil` keeps all of them.
  package static func text(_ text: some StringProtocol, limit: Int? = nil) -> String {
    var shown = ""
    var scalars = 0
    for scalar in text.unicodeScalars {
      if let limit, scalars == limit { return shown + "…" }
      scalars += 1
      if isHidden(scalar) {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// One line of a log: line breaks become `"; "`, so that a message of several lines stays readable.
  package static func line(_ text: String) -> String {
    Printable.text(text.split(whereSeparator: \.isNewline).joined(separator: "; "))
  }
}
