import Testing
import TokenCore

@Suite("Values that weren't copied exactly")
struct SecretOddityTests {
  @Test(
    "Blanks at the ends, unusual spaces and characters that can't be seen are noticed",
    arguments: [
      ("abc", []), ("a b", []), (" abc", [.blankBefore]), ("abc ", [.blankAfter]),
      ("a\u{A0}b", [.unusualSpace]),
      ("a\u{200B}b\u{200D}", [.invisible]), ("a\u{FEFF}", [.invisible]), ("é中", []),
      (" a\u{202F}\u{2060} ", [.blankBefore, .blankAfter, .unusualSpace, .invisible]),
    ] as [(String, [SecretOddity])])
  func oddities(text: String, found: [SecretOddity]) {
    #expect(Secret(text).oddities == found)
  }

  @Test("The sentences say what is odd and hold nothing of it")
  func sentences() {
    let credentials = Credentials(clientID: Secret("id"), clientSecret: Secret(" s3cr3t\u{A0} "))
    #expect(
      credentials.oddities == [
        "the client secret begins with a blank, ends with a blank and holds a no-break space or another unusual one:"
          + " compare it with what AssetIT shows"
      ])
  }
}
