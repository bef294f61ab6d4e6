import Testing
import TokenCore

@testable import AssetITAPI

@Suite("The request's body")
struct RequestBodyTests {
  @Test(
    "is JSON with both fields in it, whatever they hold",
    arguments: [
      (#"a"b\c"#, #"a\"b\\c"#), ("a/b", "a/b"), ("tab\t", #"tab\t"#), ("ünï😀", "ünï😀"), ("\u{0}", #"\u0000"#),
      ("", ""),
    ])
  func encoding(secret: String, encoded: String) throws {
    let body = try RequestBody(
      Credentials(clientID: Secret("id"), clientSecret: Secret(secret)), ExchangeSettings(baseURL: ""))
    let text = String(decoding: body.bytes, as: UTF8.self)
    #expect(text == #"{"clientId":"id","clientSecret":"\#(encoded)"}"#)
  }
}
