import FoundationEssentials
import Glibc
import Testing

@testable import assetit_sim

@Suite("The simulator over a real socket")
struct ServerTests {
  /// Gives `body` a running simulator, and stops it.
  private func withServer(_ body: (SimulatorServer) throws -> Void) throws {
    let server = try SimulatorServer(
      simulator: Rig().simulator, listen: ListenAddress(host: "127.0.0.1", port: 0))
    defer { try? server.stop() }
    try body(server)
  }

  private func set(_ faults: String, _ server: SimulatorServer) throws {
    let client = try LoopbackClient(port: server.port)
    client.request("PUT", "/_sim/faults", faults)
    #expect(try client.answer().head.hasPrefix("HTTP/1.1 204 "))
  }

  private func stats(_ server: SimulatorServer) throws -> Statistics {
    let client = try LoopbackClient(port: server.port)
    client.request("GET", "/_sim/stats")
    return try JSONDecoder().decode(Statistics.self, from: Data(try client.answer().body.utf8))
  }

  @Test("keeps a connection open from token to data, with a Date in every answer")
  func keepAlive() throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      client.authenticate()
      let (head, token) = try client.answer()
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(head.contains("\r\nDate: \(HTTPDate.text(Moment.now().wall).prefix(16))"))
      client.request("GET", "/api/assets", headers: "Authorization: JWT \(token)\r\n")
      #expect(try client.answer().body.hasPrefix("[{"))
    }
  }

  @Test("a HEAD gets no body, though a length")
  func headOnly() throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      client.request("HEAD", "/api/assets", headers: "Connection: close\r\n")
      var all = ""
      while let next = try? client.exactly(1) { all += next }
      #expect(all.hasPrefix("HTTP/1.1 405 ") && all.contains("Content-Length: "))
      #expect(all.hasSuffix("\r\n\r\n"))
    }
  }

  @Test("closes when asked to, and takes pipelined requests one after the other")
  func pipelined() throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      client.authenticate()
      client.authenticate(secret: "wrong")
      client.authenticate(headers: "Connection: close\r\n")
      let statuses = try (0..<3).map { _ in try client.answer().head.prefix(12).suffix(3) }
      #expect(statuses == ["200", "401", "200"])
      #expect(throws: LoopbackClient.Failure(code: 0)) { try client.exactly(1) }
    }
  }

  @Test(
    "ends a connection with RST or with FIN, without a byte",
    arguments: [("reset", ECONNRESET), ("close", 0)])
  func endings(name: String, code: Int32) throws {
    try withServer { server in
      try set(#"{"\#(name)":true}"#, server)
      let client = try LoopbackClient(port: server.port)
      client.authenticate()
      #expect(throws: LoopbackClient.Failure(code: code)) { try client.exactly(1) }
    }
  }

  @Test("what hangs is in flight until the client goes, and not a moment longer")
  func hang() throws {
    try withServer { server in
      try set(#"{"hang":true,"times":3}"#, server)
      for _ in 0..<3 { try LoopbackClient(port: server.port).authenticate() }
      let client = try LoopbackClient(port: server.port)
      client.authenticate()
      #expect(try client.answer().head.hasPrefix("HTTP/1.1 200 "))
      client.request("GET", "/_sim/requests")
      let log = try client.answer().body
      #expect(log.split(separator: "\"in_flight\":1,\"status\":null").count == 4)
      #expect(log.contains("\"in_flight\":1,\"status\":200"))
      #expect(try stats(server).mostInFlight == 1)
    }
  }

  @Test("requests at the same time count as in flight together")
  func together() throws {
    try withServer { server in
      try set(#"{"delay":0.1}"#, server)
      let clients = try (0..<3).map { _ in try LoopbackClient(port: server.port) }
      for client in clients { client.authenticate() }
      for client in clients { #expect(try client.answer().head.hasPrefix("HTTP/1.1 200 ")) }
      #expect(try stats(server).mostInFlight == 3)
    }
  }

  @Test("a slow body comes in pieces, and the exchange ends with its last byte")
  func slow() throws {
    try withServer { server in
      try set(#"{"body":"0123456789","slow_body":100}"#, server)
      let client = try LoopbackClient(port: server.port)
      let start = Moment.now().monotonic
      client.authenticate()
      #expect(try client.answer().body == "0123456789")
      #expect(Moment.now().monotonic - start >= 0.05)
      let other = try LoopbackClient(port: server.port)
      other.request("GET", "/_sim/requests")
      #expect(try other.answer().body.contains("\"status\":200"))
    }
  }

  @Test("statuses without a body, and skewed or absent dates, leave the connection usable")
  func heads() throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      try set(#"{"status":204,"no_date":true}"#, server)
      client.authenticate()
      let bare = try client.answer().head
      #expect(bare.hasPrefix("HTTP/1.1 204 ") && !bare.contains("Date:"))
      try set(#"{"date_skew":-1000000000}"#, server)
      client.authenticate()
      let late = try client.answer().head
      #expect(late.hasPrefix("HTTP/1.1 200 "), "nothing of the token came behind the 204")
      let year = late.split(separator: "\r\n").first { $0.hasPrefix("Date: ") }?.split(separator: " ")
      #expect((Int(year?[4] ?? "") ?? 9999) < 2000)
    }
  }

  @Test(
    "what isn't HTTP gets a 400 with a Date, and everybody else goes on",
    arguments: ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}"])
  func nonsense(text: String) throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      client.write(text)
      let head = try client.answer().head
      #expect(head.hasPrefix("HTTP/1.1 400 ") && head.contains("\r\nDate: "))
      #expect(try stats(server).authenticateRequests == 0)
    }
  }

  @Test("nonsense behind a request that waits for its answer costs only that connection")
  func nonsenseBehind() throws {
    try withServer { server in
      try set(#"{"delay":0.05}"#, server)
      let client = try LoopbackClient(port: server.port)
      client.authenticate()
      client.write("nonsense\r\n\r\n")
      while (try? client.exactly(1)) != nil {}
      #expect(try stats(server).authenticateRequests == 1)
    }
  }

  @Test("a body over 64 KiB is refused with 413")
  func large() throws {
    try withServer { server in
      let client = try LoopbackClient(port: server.port)
      client.authenticate(secret: String(repeating: "x", count: 100_000))
      #expect(try client.answer().head.hasPrefix("HTTP/1.1 413 "))
      client.authenticate()
      #expect(try client.answer().head.hasPrefix("HTTP/1.1 200 "))
    }
  }
}
