import TestSupport
import Testing

@testable import TokenConfig

@Suite("Reading TOML in another process")
struct TOMLTests {
  private let program = TOMLProgram(path: BuiltProgram.daemon.path)

  private func parse(_ text: String) throws(SyntaxFault) -> [String: TOMLNode] {
    try TOMLSyntax(program: program).parse(Array(text.utf8))
  }

  @Test("Every kind of value comes back as it was written")
  func values() throws {
    let nodes = try parse(
      """
      s = "é\\n\\"x\\""
      i = -9223372036854775808
      h = 0xff
      f = 1.5
      t = true
      n = false
      d = 1979-05-27T07:32:00Z
      a = [1, ["x"], { k = 2 }]
      [b.c]
      "quoted key" = ''
      [[e]]
      [[e]]
      x = 1
      """)
    #expect(
      nodes == [
        "s": .string("é\n\"x\""), "i": .integer(.min), "h": .integer(255), "f": .float(1.5),
        "t": .boolean(true),
        "n": .boolean(false), "d": .date,
        "a": .array([.integer(1), .array([.string("x")]), .table(["k": .integer(2)])]),
        "b": .table(["c": .table(["quoted key": .string("")])]),
        "e": .array([.table([:]), .table(["x": .integer(1)])]),
      ])
    #expect(try parse("") == [:])
  }

  /// Each of these ended the whole program (an assertion of toml++ 3.4), or used up its stack.
  @Test(
    "What ends the parser is a fault of the line that does it",
    arguments: [
      "a=1979-05-27T:", "[.a]", "a = [}",
    ])
  func deadly(line: String) {
    let fault = #expect(throws: SyntaxFault.self) { try parse("x = 1\n\n# y\n\(line)\nz = 1\n") }
    #expect(fault?.place?.hasPrefix("line 4") == true, "\(String(describing: fault))")
  }

  @Test("A file that uses up the parser's stack is refused")
  func deep() {
    for text in [
      "a = " + String(repeating: "[", count: 100_000), String(repeating: "a.", count: 1_000_000) + "a = 1",
    ] {
      let fault = #expect(throws: SyntaxFault.self) { try parse("x = 1\n" + text) }
      #expect(fault?.place?.hasPrefix("line 2") ?? true, "\(String(describing: fault))")
    }
  }

  @Test("A string can't hold NUL, however it is written; an escaped backslash before u0000 is another thing")
  func nul() throws {
    for text in [#"a = "x\u0000y""#, #"a = "\U00000000""#, #"a = "\\\u0000""#] {
      let fault = #expect(throws: SyntaxFault.self) { try parse("\n" + text) }
      #expect(fault == SyntaxFault(place: "line 2", text: "a string may not hold NUL"))
    }
    #expect(try parse(#"a = "\\u0000""#) == ["a": .string(#"\u0000"#)])
  }

  @Test("A program that can't be started, ends early or says something else is a fault and no crash")
  func otherPrograms() {
    for path in ["/nonexistent", "/bin/false", "/bin/true", "/bin/echo"] {
      let syntax = TOMLSyntax(program: TOMLProgram(path: path))
      let fault = #expect(throws: SyntaxFault.self) { try syntax.parse(Array("a = 1".utf8)) }
      #expect(
        fault?.text.hasPrefix("can't be read as TOML now: ") == true, "\(path): \(String(describing: fault))")
    }
  }

  @Test("A message of the parsing process is read as it was written, and no other bytes are taken for one")
  func messages() {
    let messages: [TOMLMessage] = [
      .document([:]),
      .document(["k": .array([.table(["x": .float(-0.5)]), .date, .boolean(true)]), "é": .string("")]),
      .fault(line: 3, column: 7, text: "x"),
    ]
    var random = FuzzTests.Generator(state: 1)
    for message in messages {
      let bytes = message.bytes
      #expect(TOMLMessage(bytes: bytes) == message)
      for count in bytes.indices { #expect(TOMLMessage(bytes: Array(bytes[..<count])) == nil) }
      #expect(TOMLMessage(bytes: bytes + [0]) == nil)
      for _ in 0..<20_000 {
        var mutated = bytes
        for _ in 0..<3 {
          mutated[Int.random(in: mutated.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if let other = TOMLMessage(bytes: mutated) { #expect(TOMLMessage(bytes: other.bytes) == other) }
      }
    }
    // Lists in lists without end, and a length that no memory holds.
    #expect(TOMLMessage(bytes: [0x44] + [UInt8](repeating: 6, count: 100_000)) == nil)
    #expect(TOMLMessage(bytes: [0x44, 7, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
  }
}
