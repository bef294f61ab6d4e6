import ControlAPI
import Glibc
import Testing

@Suite("Bad input costs only its own connection")
struct BadInputTests {
  private static let quick: ServingLimits = {
    var limits = ServingLimits()
    limits.idle = .milliseconds(600)
    limits.receiving = .milliseconds(300)
    limits.sending = .milliseconds(300)
    limits.review = .milliseconds(50)
    return limits
  }()

  /// Serves others all the same, and no connection is left.
  private func isWell(_ rig: Rig) async throws {
    #expect(try await rig.header().hasPrefix("JWT "))
    try await rig.eventually("the end of all other connections") {
      try await rig.ask("GET", "/metrics").text.contains("assetit_http_connections 1\n")
    }
  }

  @Test("what isn't HTTP is 400 and the end")
  func noise() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        for text in [
          "\r\n\r\nhello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
          "\u{16}\u{3}\u{1}\0\u{1}\0", "GET /livez HTTP/1.1\r\nHost x\r\n\r\n",
          "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
          "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
          let wire = try Wire(path: socket)
          try wire.send(text)
          let answer = try wire.readToEnd()
          #expect(
            String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 400 "), "\(text.debugDescription)")
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
          let wire = try Wire(path: socket)
          let bytes = (0..<Int.random(in: 1...300, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          }
          try? wire.send(bytes)
          wire.closeSending()
          _ = try wire.readToEnd()
        }
      }
      try await isWell(rig)
    }
  }

  @Test("whatever is changed in a good request, the server goes on")
  func mutations() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      let good = Array(
        ("POST /v1/profiles/default/rejected HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nJWT x"
          + "GET /v1/profiles/default/header?min_valid=5m HTTP/1.1\r\nHost: localhost\r\n\r\n").utf8)
      try await onThread {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
          var bytes = good
          for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
          }
          let wire = try Wire(path: socket)
          try? wire.send(bytes)
          wire.closeSending()
          _ = try wire.readToEnd()
        }
      }
      try await isWell(rig)
    }
  }

  @Test(
    "white space and trailers without an end are cut off, which the parser doesn't do",
    arguments: [
      "GET / HTTP/1.1\r\nX:",
      "POST /v1/profiles/default/refresh HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:",
    ])
  func endless(opening: String) async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      let taken = try await onThread {
        let wire = try Wire(path: socket)
        try wire.send(opening)
        let spaces = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 10)
        var taken = 0
        while taken < 64 << 20, (try? wire.send(spaces)) != nil { taken += spaces.count }
        return taken
      }
      #expect(taken < 8 << 20, "what the kernel holds comes on top of the limit")
      try await isWell(rig)
    }
  }

  @Test("an offer to upgrade is declined by the end of the connection after the answer")
  func upgrade() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        let wire = try Wire(path: socket)
        try wire.send(
          "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n")
        #expect(String(decoding: try wire.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
      }
    }
  }

  @Test("A request's target and header fields may have 16 KiB")
  func sizes() async throws {
    try await Rig.run { rig in
      let long = String(repeating: "x", count: 15 << 10)
      #expect(try await rig.ask("GET", "/livez", ["Host: x", "X: \(long)"]).status == 200)
      let tooLong = String(repeating: "x", count: 16 << 10)
      #expect(try await rig.ask("GET", "/livez", ["Host: x", "X: \(tooLong)"]).status == 431)
      #expect(try await rig.ask("GET", "/\(tooLong)", ["Host: x"]).status == 431)
      let half = tooLong.prefix(9 << 10)
      #expect(try await rig.ask("GET", "/\(half)", ["Host: x", "X: \(half)"]).status == 431)
      let many = (0..<200).map { "X\($0): y" }
      #expect(try await rig.ask("GET", "/livez", ["Host: x"] + many).status == 431)

      let socket = rig.socket
      try await onThread {
        let endless = try Wire(path: socket)
        try endless.send("GET / HTTP/1.1\r\n")
        for number in 0..<100_000 {
          do { try endless.send("X\(number): \(long.prefix(1000))\r\n") } catch { break }
        }
        #expect(try endless.response().status == 431)
        // A name without an end: the parser itself never says anything.
        let nameless = try Wire(path: socket)
        for _ in 0..<200 {
          do { try nameless.send(String(long.prefix(1000))) } catch { break }
        }
        let line = String(decoding: try nameless.readToEnd(), as: UTF8.self)
        #expect(line.hasPrefix("HTTP/1.1 4"))
      }
      try await isWell(rig)
    }
  }

  @Test("who sends too slowly, or nothing, is closed")
  func slow() async throws {
    try await Rig.run(limits: Self.quick) { rig in
      let socket = rig.socket
      let clock = ContinuousClock()
      try await onThread {
        let idle = try Wire(path: socket)
        let quiet = try clock.measure { _ = try idle.readToEnd() }
        #expect(quiet > .milliseconds(550))
        for start in [
          "GET /", "GET /livez HTTP/1.1\r\nHost: x",
          "POST /v1/profiles/default/rejected HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n1",
        ] {
          let time = try clock.measure {
            let wire = try Wire(path: socket)
            try wire.send(start)
            // A byte now and then doesn't help.
            for _ in 0..<500 {
              guard (try? wire.send("x")) != nil else { break }
              usleep(30_000)
            }
            _ = try wire.readToEnd()
          }
          #expect(time > .milliseconds(290) && time < .seconds(15), "\(start) \(time)")
        }
        let kept = try Wire(path: socket)
        try kept.ask("GET", "/livez")
        #expect(try kept.response().status == 200)
        #expect(try kept.readToEnd().isEmpty, "idle after an answer")
      }
      try await isWell(rig)
    }
  }

  @Test("who asks and asks but never reads is closed, and fills no memory")
  func neverReads() async throws {
    try await Rig.run(limits: Self.quick) { rig in
      let before = try residentBytes()
      let socket = rig.socket
      let ended = try await onThread {
        let wire = try Wire(path: socket)
        let piece = String(
          repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 1000)
        var sent = 0
        do {
          while sent < 200 {
            try wire.send(piece)
            sent += 1
          }
        } catch {}
        return sent
      }
      #expect(ended < 200, "20,000 answers of 5 kB would be 1 GB")
      #expect(try residentBytes() < before + 64 << 20)
      try await isWell(rig)
    }
  }

  @Test("there is a limit of connections, half of it for one user, and 503 beyond")
  func crowd() async throws {
    var limits = ServingLimits()
    limits.connections = 20
    try await Rig.run(limits: limits) { rig in
      let socket = rig.socket
      try await onThread {
        let wires = try (0..<10).map { _ in try Wire(path: socket) }
        for wire in wires {
          try wire.ask("GET", "/livez")
          #expect(try wire.response().status == 200)
        }
        let one = try Wire(path: socket)
        let answer = try one.response()
        #expect(answer.status == 503)
        #expect(answer.code == "too_many_connections")
        #expect(try one.readToEnd().isEmpty)
        try wires[0].ask("GET", "/livez")
        #expect(try wires[0].response().status == 200)
      }
      try await rig.eventually("room again") { (try? await rig.header()) != nil }
    }
  }

  private func residentBytes() throws -> Int {
    let file = open("/proc/self/statm", O_RDONLY)
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 200)
    let count = read(file, &buffer, buffer.count)
    let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 4096
  }
}
