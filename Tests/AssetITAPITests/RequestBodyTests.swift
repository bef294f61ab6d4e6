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
    #expect(try Self.body(secret) == #"{"clientId":"id","clientSecret":"\#(encoded)"}"#)
  }

  private static func body(
    _ secret: String, _ change: (inout ExchangeSettings) -> Void = { _ in }
  ) throws -> String {
    let fields = try fields(secret, change)
    let body = RequestBody(fields)
    return String(decoding: body.bytes, as: UTF8.self)
  }

  private static func fields(
    _ secret: String, _ change: (inout ExchangeSettings) -> Void = { _ in }
  ) throws -> RequestFields {
    var settings = ExchangeSettings(baseURL: "")
    change(&settings)
    return try RequestFields(Credentials(clientID: Secret("id"), clientSecret: Secret(secret)), settings)
  }

  @Test(
    "may be a form",
    arguments: [
      ("a b&c=d", "a+b%26c%3Dd"), ("ünï", "%C3%BCn%C3%AF"), ("-_.*~+%\r\n", "-_.*%7E%2B%25%0D%0A"), ("", ""),
      ("\u{0}", "%00"),
    ])
  func form(secret: String, encoded: String) throws {
    let form = try Self.body(secret) { $0.body = .form }
    #expect(form == "clientId=id&clientSecret=\(encoded)")
  }

  @Test("holds the fixed fields, too")
  func extra() throws {
    let add = { (settings: inout ExchangeSettings) in
      settings.extraFields = ["grant_type": .string("x \"y\""), "a": .integer(-5), "z": .boolean(true)]
    }
    #expect(
      try Self.body("s", add)
        == #"{"a":-5,"clientId":"id","clientSecret":"s","grant_type":"x \"y\"","z":true}"#)
    let form = try Self.body("s") {
      add(&$0)
      $0.body = .form
    }
    #expect(form == "a=-5&clientId=id&clientSecret=s&grant_type=x+%22y%22&z=true")
    #expect(throws: ExchangeFailure.self) {
      try Self.body("s") { $0.extraFields = ["clientId": .integer(1)] }
    }
  }

  @Test("is shown without the secret")
  func redacted() throws {
    #expect(try Self.fields("hunter2").redacted == #"{"clientId":"id","clientSecret":"…"}"#)
    #expect(try Self.fields("hunter2") { $0.body = .form }.redacted == "clientId=id&clientSecret=…")
  }

  @Test(
    "is written within the room that was reserved, so that no copy of the secret is left",
    arguments: [0x01, 0x22, 0xC3])
  func capacity(byte: UInt8) throws {
    for format in RequestFormat.allCases {
      let secret =
        byte == 0xC3
        ? String(repeating: "é", count: 500) : String(repeating: Character(Unicode.Scalar(byte)), count: 1000)
      let fields = try Self.fields(secret) {
        $0.body = format
        $0.extraFields = ["x": .string(secret), "y": .integer(.min), "z": .boolean(false)]
      }
      #expect(RequestBody(fields).bytes.count <= fields.capacity)
    }
  }
}
