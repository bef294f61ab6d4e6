import FoundationEssentials
import Testing

/// A running `assetit-sim`, and what steers it.
final class Simulator: Sendable {
  /// An authenticate request, as its log has it.
  struct Request: Decodable, Sendable {
    /// Seconds on CLOCK_MONOTONIC.
    let at: Double
    let status: Int?
    /// Authenticate requests in flight when it came, itself included.
    let inFlight: Int

    enum CodingKeys: String, CodingKey {
      case at, status
      case inFlight = "in_flight"
    }
  }

  let process: ChildProcess
  let port: Int

  init(process: ChildProcess, port: Int) {
    self.process = process
    self.port = port
  }

  /// `fields`: JSON, as `PUT /_sim/faults` takes it.
  func set(faults fields: String) throws {
    try control("PUT", "faults", fields)
  }

  func clearFaults() throws {
    try control("DELETE", "faults")
  }

  func change(secret: String) throws {
    try control("PUT", "credentials", #"{"client_secret":"\#(secret)"}"#)
  }

  func change(lifetime seconds: Int) throws {
    try control("PUT", "lifetime", #"{"seconds":\#(seconds)}"#)
  }

  /// Oldest first.
  func requests() throws -> [Request] {
    try JSONDecoder().decode([Request].self, from: Data(control("GET", "requests").utf8))
  }

  func forgetRequests() throws {
    try control("DELETE", "requests")
  }

  /// Whether the data endpoint takes it as the value of `Authorization`.
  func accepts(_ header: String) throws -> Bool {
    let answer = try HTTP.send("GET", "/api/assets", port: port, headers: ["Authorization: \(header)"])
    return answer.status == 200
  }

  @discardableResult
  private func control(_ method: String, _ path: String, _ body: String = "") throws -> String {
    let answer = try HTTP.send(method, "/_sim/\(path)", port: port, body: body)
    try #require(200..<300 ~= answer.status, "\(method) \(path): \(answer.body)")
    return answer.body
  }
}

/// The least of an HTTP client: one request, one answer, one connection.
enum HTTP {
  static func send(
    _ method: String, _ path: String, port: Int, headers: [String] = [], body: String = ""
  ) throws -> (status: Int, body: String) {
    let socket = try ClientSocket(port: port)
    let head =
      [
        "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close",
        "Content-Type: application/json",
        "Content-Length: \(body.utf8.count)",
      ] + headers
    try socket.send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
    let answer = String(decoding: try socket.readToEnd(), as: UTF8.self)
    let end = try #require(answer.firstRange(of: "\r\n\r\n"), "no answer from port \(port)")
    let status = try #require(Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)))
    return (status, String(answer[end.upperBound...]))
  }
}
