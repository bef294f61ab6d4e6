import Testing
import TokenCore

@testable import AssetITAPI

@Suite("The service's own words about a refusal")
struct ServiceMessageTests {
  private static let credentials = Credentials(
    clientID: Secret("client-0815"), clientSecret: Secret("Zk9-geheim-4711"))

  private func message(_ body: String) -> String? {
    ServiceMessage.find(in: Array(body.utf8), Hidden(Self.credentials))
  }

  @Test(
    "are found where services put them",
    arguments: [
      (#"{"message":"Invalid API key"}"#, "Invalid API key"), (#"{"error":"bad id"}"#, "bad id"),
      (#"{"error":"invalid_client","error_description":"No such client"}"#, "No such client"),
      (#"{"detail":"expired key","status":401}"#, "expired key"),
      (#"{"error":{"code":7,"message":"Key revoked"}}"#, "Key revoked"),
      (#"{"errors":[{"detail":"one"},{"detail":"two"}]}"#, "one"),
      (#"{"message":"","detail":"second"}"#, "second"), (#"{"message":"a\n\tb  c"}"#, "a b c"),
      ("{}", nil), (#"{"message":5}"#, nil), ("Invalid", nil), ("<html>no</html>", nil),
      (#"{"message":"…"}"#, nil),
      (#"{"reason":"x"}"#, nil), ("", nil), (#"{"message":"#, nil),
    ] as [(String, String?)])
  func found(body: String, expected: String?) {
    #expect(message(body) == expected)
  }

  @Test(
    "never show the secret, the client ID or a token",
    arguments: [
      "secret Zk9-geheim-4711 is wrong", "zK9-GEHEIM-4711", "Zk9-geheim", "xgeheim-4711x",
      "client-0815 unknown",
      "token \(testToken)", "key 4f3a9b8c7d6e5f4a3b2c1d0e9f8a7b6c", "\(testToken.dropFirst(30))",
    ])
  func hidden(text: String) {
    let shown = message(#"{"message":"the \#(text) of it"}"#) ?? ""
    for part in ["geheim", "4711", "0815", "eyJ", "4f3a9b", testToken.suffix(20).description] {
      #expect(!shown.lowercased().contains(part.lowercased()), "\(shown)")
    }
    #expect(shown.contains("…"))
  }

  @Test("are short and printable")
  func short() {
    let long = message(#"{"message":"\#(String(repeating: "no. ", count: 400))"}"#) ?? ""
    #expect(long.count == 200 && long.hasSuffix("…"))
    let odd = message(#"{"message":"a\u202eb\u0007c\u00a0d"}"#) ?? ""
    #expect(odd == "a\\u{202e}b\\u{7}c d")
  }

  @Test("never trap, nor give the secret away, in random texts")
  func noise() {
    var random = SeededRandom(seed: 4)
    let pieces = [
      "Zk9-geheim-4711", "Zk9", "-geheim", "client-0815", " ", "é", "\u{202E}", "\u{0}", "eyJ0", ".", "🙂",
      "x", "4711",
    ]
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }.joined()
      let shown = ServiceMessage.clean(text, Hidden(Self.credentials)) ?? ""
      #expect(!shown.contains("Zk9-geheim-4711") && !shown.contains("client-0815"))
      #expect(shown.count <= 200)
    }
  }
}
