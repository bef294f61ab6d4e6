import FoundationEssentials
import TestSupport
import Testing

@testable import TokenCore

@Suite("JSON from outside")
struct JSONValueTests {
  private func read(_ text: String, limit: Int = 1 << 20) throws(JSONValue.Failure) -> JSONValue {
    try JSONValue(text.utf8, limit: limit)
  }

  @Test("is read with every kind of value, in order")
  func values() throws {
    let text = #" {"a":[1,-2.5e1,0,true,false,null], "b":{"é\n\u00e9\ud83d\ude00\/":"x"},"a2":1e2 } "#
    let expected = JSONValue.object([
      .init("a", .array([.integer(1), .number(-25), .integer(0), .boolean(true), .boolean(false), .null])),
      .init("b", .object([.init("é\né😀/", .string("x"))])), .init("a2", .number(100)),
    ])
    #expect(try read(text) == expected)
    #expect(try read(#"{"a":1,"a":2}"#)["a"] == .integer(2), "the last of two counts")
    #expect(try read("9223372036854775808") == .number(9.223372036854775808e18))
  }

  @Test(
    "is refused where it is none",
    arguments: [
      "", " ", "{", "}", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, "[1 2]", "01", "1.", ".5", "-",
      "+1", "1e", "1e+",
      "NaN", "Infinity", "1e400", "tru", "nulll", "'a'", #""a"#, #""\x""#, #""\u12""#, #""\ud800""#,
      #""\ud800\u0041""#,
      #""\udc00""#, "\"a\nb\"", "\"\t\"", "[]]", "{}x", "\u{FEFF}{}", "0x1", "--1", "[\u{A0}]",
    ])
  func malformed(text: String) {
    #expect(throws: JSONValue.Failure.self) { try read(text) }
  }

  @Test("is refused beyond its length or nesting, before anything reads it")
  func bounds() throws {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try read(deepest) != .null)
    #expect(throws: JSONValue.Failure.bounds(.tooDeep(limit: 64))) { try read("[" + deepest + "]") }
    #expect(throws: JSONValue.Failure.bounds(.tooLong(limit: 3))) { try read("1234", limit: 3) }
    #expect(try read(#""[[\"[[""# + String(repeating: " ", count: 10)) == .string(#"[["[["#))
    try JSONBounds.check(Array(repeating: UInt8(ascii: "]"), count: 1000), limit: 1000)
  }

  @Test("agrees with Foundation's decoder about random texts")
  func differential() {
    struct Anything: Decodable {
      init(from decoder: any Decoder) {}
    }
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "a", "1", "0", "-", ".", "e", "true", "null", " ", "\\u0041",
      "é", "\n",
      "\"a\":", "\"b\"",
    ]
    var random = SeededRandom(seed: 5)
    var accepted = 0
    for _ in 0..<60_000 {
      let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }
      .joined()
      let mine = (try? read(text)) != nil
      let theirs = (try? JSONDecoder().decode(Anything.self, from: Data(text.utf8))) != nil
      accepted += mine ? 1 : 0
      // Theirs reads values when they are asked for, so it takes some texts that are none.
      #expect(!mine || theirs, "\(text.debugDescription)")
    }
    #expect(accepted > 1000)
  }

  @Test("never traps on random bytes")
  func noise() {
    var random = SeededRandom(seed: 6)
    let letters = Array(#"{}[]:,"\u0123456789eE+-.truefalsn "#.utf8) + [0, 0x7F, 0x80, 0xC3, 0xFF]
    for _ in 0..<50_000 {
      let bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? 0
      }
      _ = try? JSONValue(bytes, limit: 40)
    }
  }
}
