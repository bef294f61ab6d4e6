import TokenCore

enum Paragraph {
  /// Breaks a text into lines of at most `width` columns between its words; a word that is longer stays whole.
  /// What could hide or turn parts of it is made visible.
  static func wrap(_ text: String, width: Int, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace).map({ Printable.text($0) }) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(margin + word)
      }
    }
    return lines
  }
}
