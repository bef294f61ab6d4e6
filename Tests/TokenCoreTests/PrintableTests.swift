import Testing
import TokenCore

@Suite("Printable text")
struct PrintableTests {
  @Test(
    "What could break a line, hide, or turn the order of what is shown is written as its number",
    arguments: [
      ("a\u{202E}b", "a\\u{202e}b"), ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
      ("\u{1B}[1m", "\\u{1b}[1m"),
      ("a\u{200B}\u{FEFF}", "a\\u{200b}\\u{feff}"), ("a\u{2028}b", "a\\u{2028}b"), ("\u{9B}", "\\u{9b}"),
      ("\u{E000}", "\\u{e000}"), ("żółć 中 é\u{301}", "żółć 中 é\u{301}"),
    ])
  func hidden(text: String, shown: String) {
    #expect(Printable.text(text) == shown)
  }

  @Test("A text is cut after so many characters, and the cut is shown")
  func limit() {
    #expect(Printable.text("abcdef", limit: 3) == "abc…")
    #expect(Printable.text("abc", limit: 3) == "abc")
  }

  @Test("Several lines become one")
  func line() {
    #expect(Printable.line("a\nb\r\nc\n") == "a; b; c")
  }
}
