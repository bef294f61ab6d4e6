import Testing
import TokenCore

@testable import AssetITAPI

/// Mutations of good and bad answers, read as a whole answer is.
@Suite("Odd answers of the service")
struct OddAnswerTests {
  private static let now = 1_700_000_000.0

  private static let bodies = [
    testToken, "\"\(testToken)\"", #"{"token":"\#(testToken)","expires_in":3600}"#,
    #"{"data":{"jwt_token":"\#(testToken)"},"list":[1,2,{"a":null}]}"#,
    #"{"access_token":"","accessToken":"\#(testToken)"}"#,
    "<!DOCTYPE html><html><head><title>Log in</title></head></html>",
    #"{"message":"no","errors":[{"detail":"x"}]}"#,
    "\u{FEFF}JWT \(testToken)\r\n", "e30.eyJleHAiOiIxNzAwMDg2NDAwMDAwIiwibmJmIjoxNzAwMDAwNTAwfQ.c2ln",
    String(repeating: "[", count: 600), "",
  ]
  private static let dates = [
    "Date: Tue, 14 Nov 2023 22:13:20 GMT", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Date: soon", "Age: 5",
    "Date: Fri, 31 Dec 9999 23:59:59 GMT", "Retry-After: -1", "Date:", ":",
    "Date: Sun, 06 Nov 99999999999 08:49:37 GMT",
  ]
  private static let pieces = [
    "{", "}", "[", "]", "\"", "\\", ".", ",", ":", "\u{0}", "\u{202E}", "null", "9e999", "-1", "eyJ", "=",
    " ", "\n",
  ]

  private static func mutate(_ body: String, _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(body.utf8)
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let position = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: position)
      case 1 where position < bytes.count: bytes.remove(at: position)
      case 2 where position < bytes.count: bytes[position] = UInt8.random(in: .min ... .max, using: &random)
      case 3: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: position)
      default: bytes.removeSubrange(position...)
      }
    }
    return bytes
  }

  @Test(
    "never trap, never bring a token past ten years or with bytes that no header holds, never leak",
    arguments: 1...4)
  func mutations(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let credentials = Credentials(clientID: Secret("the-id"), clientSecret: Secret(testSecret))
    var settings = ExchangeSettings(baseURL: "https://assetit.example")
    var granted = 0
    for _ in 0..<5000 {
      settings.tokenPointer =
        [nil, nil, "", "/data/jwt_token", "/list/2/a"].randomElement(using: &random) ?? nil
      settings.tokenFormat = Bool.random(using: &random) ? .jwt : .opaque
      let body = Self.mutate(Self.bodies.randomElement(using: &random) ?? "", &random)
      var answer = IncomingAnswer(limit: TokenReader.limit)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let line = Self.mutate(Self.dates.randomElement(using: &random) ?? "", &random)
        _ = line.withUnsafeBytes { answer.add(headerLine: $0) }
      }
      _ = body.withUnsafeBytes { answer.add(body: $0) }
      let reader = try TokenReader(settings)
      let reading = AnswerReading(body: answer.body, headers: answer.headers, localNow: Self.now)
      do throws(UnusableAnswer) {
        let grant = try reading.grant(reader, assumedLifetime: .seconds(3600))
        granted += 1
        #expect(grant.lifetime > .zero && grant.lifetime <= .seconds(3653 * 86_400))
        #expect(grant.validAfter >= .zero && grant.validAfter < grant.lifetime)
        let isVisible = grant.token.text?.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        #expect(isVisible == true)
      } catch {
        #expect(!"\(error)".contains("do-not-show") && !"\(error)".contains(testToken))
      }
      let told = BodyReading(answer.body, answer.headers, reader, credentials)
      let shown = "\(told.shape) \(told.tokenPlaces) \(String(describing: told.token(reader)))"
      #expect(!shown.contains("eyJhbGciOiJIUzI1NiJ9.eyJl"))
      #expect(ServiceMessage.find(in: answer.body, Hidden(credentials))?.count ?? 0 <= 200)
      _ = AnswerText.isHTML(answer.body)
    }
    #expect(granted > 500)
  }
}
