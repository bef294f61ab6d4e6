import Glibc
import Synchronization
import Testing
import TokenCore

@testable import AssetITAPI

/// Mutated answers over real connections, through libcurl. `ASSETIT_ODD_ANSWERS` sets how many.
@Suite("Odd answers over a real connection")
struct ExchangeCampaignTests {
  private static let count = getenv("ASSETIT_ODD_ANSWERS").flatMap { Int(String(cString: $0)) } ?? 300

  private static let answers = [
    answer(testToken),
    answer("{\"token\":\"\(testToken)\",\"expires_in\":60}", headers: ["Content-Type: text/html"]),
    answer("<html><title>x</title></html>", status: "403 Forbidden"),
    answer(#"{"message":"no \#(testSecret.replacing("\"", with: "\\\""))"}"#, status: "401 No"),
    answer("", status: "429 Wait", headers: ["Retry-After: -1", "Date: Thu, 01 Jan 1970 00:00:00 GMT"]),
    answer(testToken, headers: ["Date: Tue, 14 Nov 2023 22:13:20 GMT", "Age: 0", "Content-Encoding: gzip"]),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 103 Early\r\nX: y\r\n\r\n" + answer(testToken), "HTTP/1.0 200\r\n\r\n\(testToken)",
    answer(String(repeating: "[", count: 513)), "HTTP/2 200\r\n\r\n",
  ]
  private static let pieces = [
    "\r\n", "\n", "\0", ":", "HTTP/1.1 200 OK\r\n", "Content-Length: 99999999999999999999\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: gzip\r\n", "Retry-After: 1e9\r\n", "Age: 1\r\n", "\u{FEFF}", "{", "[[[", "\"", "é",
  ]

  private static func mutated(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array((answers.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 0...5, using: &random) {
      let position = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: position)
      case 1 where position < bytes.count: bytes[position] = .random(in: .min ... .max, using: &random)
      case 2 where position < bytes.count: bytes.remove(at: position)
      default: bytes.removeSubrange(min(bytes.count, position + 1)...)
      }
    }
    return bytes
  }

  @Test("end in a token or in a failure that gives nothing away, each in time")
  func campaign() async throws {
    let random = Mutex(SeededRandom(seed: 42))
    let server = try LoopbackServer { connection in
      connection.send(bytes: random.withLock { Self.mutated(&$0) })
    }
    let client = try ExchangeClient(localTime: { 1_700_000_000 })
    defer {
      client.shutDown()
      server.stop()
    }
    var ends: [String: Int] = [:]
    for number in 1...Self.count {
      let settings = ExchangeSettings.test(server.baseURL, timeout: .seconds(2), connectTimeout: .seconds(2))
      let (result, elapsed) = await client.timedExchange(settings)
      #expect(elapsed < .seconds(30))
      ends[result.kind, default: 0] += 1
      if number % 500 == 0 { server.reap() }
      if let grant = result.grant {
        #expect(grant.lifetime > .zero && grant.lifetime <= .seconds(3653 * 86_400))
        #expect(grant.token.text?.utf8.allSatisfy { (0x21...0x7E).contains($0) } == true)
      } else if let failure = result.failure {
        let text = "\(failure)"
        #expect(!text.contains("do-not-show") && !text.contains(testToken) && !text.contains("\n"))
      }
    }
    #expect(ends.values.reduce(0, +) == Self.count)
    #expect(ends["grant"] ?? 0 > Self.count / 20, "\(ends)")
    if Self.count > 1000 { print("odd answers: \(ends.sorted { $0.key < $1.key })") }
  }
}
