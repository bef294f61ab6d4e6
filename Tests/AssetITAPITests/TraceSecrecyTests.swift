import FoundationEssentials
import Testing
import TokenCore

@testable import AssetITAPI

/// Services that say what they were told, in every place of an answer and in every way of writing it.
@Suite("Nothing that is told of an exchange gives a token or a secret away")
struct TraceSecrecyTests {
  private static let secrets = [
    "Zk9-geheim/4711+=x", "p@ss w0rd\"with\\quotes", "gräßlich&geheim<17>", "correcthorsebattery",
    "918273645546",
    "%41%42percent%20sign", "c2VjcmV0IHNlY3JldA==", "tab\\tand{braces}~|^",
  ]

  @Test(
    "whatever the service echoes, wherever and however",
    arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func echoes(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<25 {
      var answers = AnswerMaker(secret: Self.secrets.randomElement(using: &random) ?? "", random: random)
      let answer = answers.answer()
      random = answers.random
      let server = try LoopbackServer { $0.send(bytes: answer) }
      defer { server.stop() }
      var settings = ExchangeSettings.test(server.baseURL)
      settings.tokenFormat = Bool.random(using: &random) ? .jwt : .opaque
      settings.tokenPointer = Bool.random(using: &random) ? nil : "/data/key"
      settings.body = Bool.random(using: &random) ? .json : .form
      let trace = ExchangeTrace.make(.test(settings, secret: answers.secret)) { 1_700_000_100 }
      var texts: [String] = []
      Self.collect(trace, into: &texts)
      if case .failure(let failure) = trace.result { texts.append("\(failure)") }
      #expect(texts.count > 10)
      let parts = answers.tellingParts
      for text in texts {
        if let part = parts.first(in: text) {
          Issue.record("\(part) in \(text), of \(String(decoding: answer, as: UTF8.self))")
        }
      }
    }
  }

  private static func collect(_ value: Any, into texts: inout [String]) {
    if let text = value as? String { texts.append(text) }
    for child in Mirror(reflecting: value).children { collect(child.value, into: &texts) }
  }
}

/// Makes answers that echo secrets.
private struct AnswerMaker {
  let secret: String
  var random: SeededRandom
  /// No JWT; a token only where it is the body.
  private let opaque: String
  private let kind: Int

  init(secret: String, random: SeededRandom) {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    var random = random
    opaque = String((0..<40).map { _ in letters.randomElement(using: &random) ?? "a" })
    kind = Int.random(in: 0..<9, using: &random)
    self.secret = secret
    self.random = random
  }

  // MARK: What must not be seen

  /// Runs that stand for eight bytes of a secret in a row.
  var tellingParts: TellingParts {
    var parts = TellingParts()
    for value in [secret, token] {
      for writing in Self.writings(value) {
        let (text, count) = (TellingParts.bytes(writing), max(value.utf8.count, 1))
        let ratio = (text.count + count - 1) / count
        parts.add(text, length: min(8 * ratio + (ratio > 1 ? 8 : 0), text.count))
      }
    }
    return parts
  }

  private static func writings(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    let hex = bytes.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }
    let base64 = Data(bytes).base64EncodedString()
    let unreserved = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
    let percent = zip(bytes, hex).map {
      unreserved.contains($0) ? String(decoding: [$0], as: UTF8.self) : "%" + $1
    }.joined()
    return [
      text, percent, hex.map { "%" + $0 }.joined(), hex.joined(), base64,
      base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""),
      text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""),
      text.unicodeScalars.map { "\\u" + String($0.value + 0x10000, radix: 16).suffix(4) }.joined(),
      text.unicodeScalars.map { "&#\($0.value);" }.joined(),
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;"),
    ]
  }

  /// One of them, written in some way, perhaps in another text, perhaps written twice.
  private mutating func echo() -> String {
    let value = [secret, secret, token].randomElement(using: &random) ?? ""
    var text = Self.writings(value).randomElement(using: &random) ?? ""
    if Int.random(in: 0..<4, using: &random) == 0 {
      text = Self.writings(text).randomElement(using: &random) ?? ""
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      return Data("the-id:\(value)".utf8).base64EncodedString()
    }
    return Bool.random(using: &random) ? text : "the key \(text) is wrong"
  }

  // MARK: Answers

  /// The one that can be told to be one.
  private var token: String { kind == 2 ? opaque : jwt }

  private var jwt: String {
    let claims = #"{"exp":1700086400,"iat":1700000000,"sub":"\#(opaque)"}"#
    return [#"{"alg":"none"}"#, claims, opaque].map(Self.base64url).joined(separator: ".")
  }

  private static func base64url(_ text: String) -> String {
    Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  private mutating func echoingJWT() -> String {
    let claims =
      "{\"exp\":1700086400,\"iat\":1700000000,\"iss\":\(quoted(echo())),\"aud\":[\(quoted(echo())),\"x\"],"
      + "\(quoted(echo())):1,\"nbf\":\(quoted(echo()))}"
    return [#"{"alg":"none"}"#, claims, opaque].map(Self.base64url).joined(separator: ".")
  }

  private func quoted(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }

  private mutating func body() -> String {
    switch kind {
    case 0: jwt
    case 1: echoingJWT()
    case 2: opaque
    case 3: "{\"data\":{\"key\":\(quoted(token)),\(quoted(echo())):\(quoted(echo()))}}"
    case 4: "{\"token\":\(quoted(echoingJWT())),\(quoted(echo())):[{\(quoted(echo())):null}]}"
    case 5: "{\"message\":\(quoted(echo())),\"accessToken\":\(quoted(token))}"
    case 6: "{\"errors\":[{\"detail\":\(quoted(echo()))}],\(quoted(jwt)):\(quoted(jwt))}"
    case 7: "<html><title>\(echo())</title>\(echo())</html>"
    default: echo()
    }
  }

  mutating func answer() -> [UInt8] {
    let body = body()
    let status =
      ["200 OK", "200 OK", "401 No", "400 No", "403 No", "302 Found", "500 No", "429 No"]
      .randomElement(using: &random) ?? ""
    let field = { (text: String) in text.unicodeScalars.allSatisfy { 0x20...0x7E ~= $0.value } ? text : "" }
    let name = String(echo().filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.%+~".contains($0)) })
    let lines = [
      "HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Server: \(field(echo()))",
      "Content-Type: \(field(echo()))", "X-\(name): 1", "X-Token: \(jwt)", "\(name): \(field(jwt))",
      "WWW-Authenticate: \(field(echo())) realm=x", "Retry-After: \(field(echo()))",
      "Set-Cookie: \(field(echo()))",
      "Location: https://user:\(field(echo()))@host/\(field(echo()))", "X-Echo: \(field(echo()))",
    ]
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
  }
}

/// Runs of bytes, in lower case.
private struct TellingParts {
  private var runs: [Int: Set<[UInt8]>] = [:]

  static func bytes(_ text: String) -> [UInt8] {
    text.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
  }

  mutating func add(_ text: [UInt8], length: Int) {
    for start in 0...(text.count - length) {
      runs[length, default: []].insert(Array(text[start..<(start + length)]))
    }
  }

  /// The first of them that the text holds.
  func first(in text: String) -> String? {
    let bytes = Self.bytes(text)
    for (length, runs) in runs where bytes.count >= length {
      for start in 0...(bytes.count - length) {
        let run = Array(bytes[start..<(start + length)])
        if runs.contains(run) { return String(decoding: run, as: UTF8.self) }
      }
    }
    return nil
  }
}
