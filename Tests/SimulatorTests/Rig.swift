import FoundationEssentials
import Testing

@testable import assetit_sim

/// A simulator without sockets, and the clock that it is told.
struct Rig {
  static let start = 1_700_000_000.0

  var simulator: Simulator
  var seconds = 0.0

  init(seed: UInt64 = 1, lifetime: Int = 3600) {
    simulator = Simulator(
      credentials: ClientCredentials(clientID: "id", clientSecret: "s3cret"), lifetime: lifetime, seed: seed)
  }

  var now: Moment { Moment(monotonic: 100 + seconds, wall: Self.start + seconds) }

  /// Sends a request and takes it as answered at once.
  mutating func send(_ request: Request) -> Plan {
    let plan = simulator.handle(request, at: now)
    if let exchange = plan.exchange {
      if case .send(let answer, _) = plan.act {
        simulator.finish(exchange, status: answer.status)
      } else {
        simulator.finish(exchange, status: nil)
      }
    }
    return plan
  }

  mutating func answer(_ request: Request) throws -> Answer {
    guard case .send(let answer, _) = send(request).act else { throw NoAnswer() }
    return answer
  }

  mutating func authenticate(secret: String = "s3cret") throws -> Answer {
    try answer(Self.authenticate(secret: secret))
  }

  /// The token of an answer in the plain shape.
  mutating func token() throws -> String {
    let answer = try authenticate()
    try #require(answer.status == 200)
    return answer.text
  }

  mutating func control(_ method: String, _ path: String, _ body: String = "") throws -> Answer {
    try answer(Request(method: method, path: path, body: Array(body.utf8)))
  }

  mutating func set(_ faults: String) throws {
    let answer = try control("PUT", "/_sim/faults", faults)
    try #require(answer.status == 204, "\(answer.text)")
  }

  mutating func assets(_ authorization: String?) throws -> Answer {
    let headers = authorization.map { ["authorization": $0] } ?? [:]
    return try answer(Request(method: "GET", path: "/api/assets", headers: headers))
  }

  static func authenticate(secret: String = "s3cret", type: String = "application/json") -> Request {
    Request(
      method: "POST", path: "/api/apikeys/authenticate",
      headers: ["content-type": type, "user-agent": "test/1", "host": "h:1"],
      body: Array(#"{"clientId":"id","clientSecret":"\#(secret)"}"#.utf8))
  }

  struct NoAnswer: Error {}
}

extension Answer {
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// The claims of a token, read by hand.
func claims(_ token: String) throws -> [String: JSONValue] {
  let parts = token.split(separator: ".", omittingEmptySubsequences: false)
  try #require(parts.count == 3)
  var base64 = String(parts[1].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
  base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
  let bytes = try #require(Data(base64Encoded: base64))
  return try JSONDecoder().decode([String: JSONValue].self, from: bytes)
}
