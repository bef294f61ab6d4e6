import ControlAPI
import Testing

@Suite("What is doubtful in HTTP is refused, and ends the connection")
struct ProtocolTests {
  /// The status, and whether the connection ends; `nil`: no answer, only the end.
  private func answer(_ socket: String, _ text: String) throws -> (status: Int?, code: String?) {
    let wire = try Wire(path: socket)
    try wire.send(text)
    // What follows must not be taken for a request.
    try? wire.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    let bytes = String(decoding: try wire.readToEnd(), as: UTF8.self)
    #expect(bytes.ranges(of: "HTTP/1.1 ").count <= 1, "\(text.debugDescription): \(bytes)")
    return (Int(bytes.dropFirst("HTTP/1.1 ".count).prefix(3)), bytes)
  }

  @Test("CONNECT, and offers to upgrade, are answered, and then the connection ends")
  func tunnels() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        let cases = [
          ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 400),
          ("CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
          ("CONNECT /livez HTTP/1.1\r\nHost: x\r\n\r\n", 405),
          ("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200),
          ("GET /livez HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", 200),
        ]
        for (text, status) in cases {
          let answered = try answer(socket, text).status
          #expect(answered == status, "\(text.debugDescription)")
        }
      }
    }
  }

  @Test("A target in absolute form is for its own authority, whatever Host says")
  func absolute() async throws {
    try await Rig.run { rig in
      let header = "/v1/profiles/default/header"
      let cases: [(target: String, fields: [String], status: Int)] = [
        ("http://localhost\(header)", ["Host: localhost"], 200),
        ("http://evil.com\(header)", ["Host: localhost"], 421),
        ("http://evil.com:80\(header)", ["Host: localhost"], 421),
        ("http://localhost\(header)", ["Host: evil.com"], 421),
        ("http://user@localhost\(header)", ["Host: localhost"], 421),
        ("https://localhost\(header)", ["Host: localhost"], 400),
        ("http:///livez", ["Host: localhost"], 400),
        (header, ["Host: localhost", "Host: localhost"], 400),
        (header, ["Host: user@localhost"], 421),
      ]
      for (target, fields, status) in cases {
        let answered = try await rig.ask("GET", target, fields).status
        #expect(answered == status, "\(target) \(fields)")
      }
    }
  }

  @Test(
    "Framing that two readers could understand in two ways is refused",
    arguments: [
      "GET /livez HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost : x\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: x\r\nX\0Y: a\r\n\r\n",
      "GET /livez HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
      "GET /livez HTTP/1.1\r\n Host: x\r\n\r\n",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\na",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\0b\r\nx\r\n0\r\n\r\n",
      "POST /nowhere HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
  func framing(text: String) async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      let status = try await onThread { try answer(socket, text).status }
      #expect(
        status == 400 || status == 505, "\(text.debugDescription): \(status.map { "\($0)" } ?? "closed")")
    }
  }

  @Test("Trailers after chunks are read and ignored")
  func trailers() async throws {
    try await Rig.run { rig in
      let wire = try Wire(path: rig.socket)
      try wire.send(
        "POST /v1/profiles/default/rejected HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "5\r\nJWT x\r\n0\r\nHost: evil.com\r\nOrigin: http://evil.com\r\n\r\n")
      #expect(try wire.response().status == 200)
      try wire.ask("GET", "/livez")
      #expect(try wire.response().status == 200)
    }
  }
}

@Suite("Metrics over TCP")
struct TCPTests {
  private func run(
    connections: Int, _ body: (Rig, Int) async throws -> Void
  ) async throws {
    var limits = ServingLimits()
    limits.metricsConnections = connections
    limits.metricsRequest = .milliseconds(400)
    limits.review = .milliseconds(50)
    let port = try Taken.freePort()
    try await Rig.run(api: "metrics_listen = \"127.0.0.1:\(port)\"", limits: limits) { rig in
      try await body(rig, port)
    }
  }

  @Test("When all connections are taken the longest idle one makes room, and the socket is not concerned")
  func room() async throws {
    try await run(connections: 4) { rig, port in
      let first = try Wire(port: port)
      try first.ask("GET", "/metrics")
      #expect(try first.response().status == 200)
      var idle = try (0..<3).map { _ in try Wire(port: port) }
      for _ in 0..<20 {
        let wire = try Wire(port: port)
        try wire.ask("GET", "/metrics")
        #expect(try wire.response().status == 200)
        idle.append(wire)
      }
      #expect(try first.readToEnd().isEmpty, "the one that was idle the longest")
      #expect(try await rig.header().hasPrefix("JWT "))
      try await rig.eventually("five connections") {
        try await rig.ask("GET", "/metrics").text.contains("assetit_http_connections 5\n")
      }
      #expect(idle.count == 23)
    }
  }

  @Test("A request has only so much time, and one that isn't finished makes room as well")
  func time() async throws {
    try await run(connections: 2) { rig, port in
      let clock = ContinuousClock()
      try await onThread {
        let slow = try Wire(port: port)
        try slow.send("GET /metr")
        let time = try clock.measure { _ = try slow.readToEnd() }
        #expect(time > .milliseconds(300) && time < .seconds(10))
        // Several at once, so that some are accepted together.
        for _ in 0..<20 {
          let halves = try (0..<4).map { _ in try Wire(port: port) }
          for half in halves { try? half.send("GET /metr") }
          let wire = try Wire(port: port)
          try wire.ask("GET", "/livez")
          #expect((try? wire.response())?.status == 200)
        }
      }
    }
  }

  @Test("Nothing else is offered there")
  func offer() async throws {
    try await run(connections: 32) { rig, port in
      for (method, target, status) in [
        ("GET", "/v1/profiles/default/authorization", 404), ("POST", "/v1/profiles/default/rejected", 404),
        ("GET", "http://evil.com/metrics", 421), ("GET", "/readyz", 200),
      ] {
        let wire = try Wire(port: port)
        try wire.ask(method, target)
        #expect(try wire.response().status == status, "\(target)")
      }
    }
  }
}
