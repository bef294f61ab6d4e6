import ControlAPI
import Glibc
import Testing

@Suite("Bodies of requests")
struct BodyTests {
  private static let rejected = "/v1/profiles/default/rejected"

  /// Sends a head and reads the answer, without a body.
  private func answer(_ socket: String, _ head: String) throws -> Response {
    let wire = try Wire(path: socket)
    try wire.send(head + "\r\nHost: x\r\n\r\n")
    let answer = try wire.response()
    #expect(try wire.readToEnd().isEmpty)
    return answer
  }

  @Test("Only a report takes a body; elsewhere one is refused at the head, before it is sent")
  func refused() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        for line in [
          "GET /livez", "GET /metrics", "GET /v1/profiles/default/header",
          "GET /v1/profiles/default/authorization", "GET /v1/profiles/default/events",
          "HEAD /v1/profiles/default/header",
        ] {
          for length in ["Content-Length: 1", "Content-Length: 100000", "Transfer-Encoding: chunked"] {
            let wire = try Wire(path: socket)
            try wire.send("\(line) HTTP/1.1\r\nHost: x\r\n\(length)\r\n\r\n")
            let answer = try wire.response(hasBody: !line.hasPrefix("HEAD"))
            #expect(answer.status == 413, "\(line) \(length)")
            #expect(answer.headers["connection"] == "close")
          }
        }
        for line in ["POST /v1/profiles/default/refresh", "POST \(Self.rejected)"] {
          let answer = try answer(socket, "\(line) HTTP/1.1\r\nContent-Length: 70000")
          #expect(answer.status == 413)
          #expect(answer.code == "too_large")
          #expect(answer.headers["connection"] == "close")
        }
        #expect(try answer(socket, "PUT /v1/profiles HTTP/1.1\r\nContent-Length: 5").status == 405)
        #expect(try answer(socket, "POST /nowhere HTTP/1.1\r\nContent-Length: 2000").status == 404)
      }
    }
  }

  @Test("Up to 1 KiB is read and ignored on every POST, so that the connection goes on")
  func ignored() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        let wire = try Wire(path: socket)
        for body in ["", "x", String(repeating: "x", count: 1024)] {
          try wire.ask("POST", "/v1/profiles/default/refresh", body: body)
          #expect([200, 503].contains(try wire.response().status))
          try wire.ask("POST", "/nowhere", body: body)
          #expect(try wire.response().status == 404)
        }
        try wire.ask("GET", "/livez", ["Host: x", "Content-Length: 0"])
        #expect(try wire.response().status == 200)
        try wire.send(
          "POST /v1/profiles/default/refresh HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\n\r\n")
        #expect([200, 503].contains(try wire.response().status))
        try wire.send(
          "POST /v1/profiles/default/refresh HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "401\r\n\(String(repeating: "x", count: 1025))\r\n")
        #expect(try wire.response().status == 413)
      }
    }
  }

  @Test("A report may have 64 KiB and the prefix, said or in chunks, and no more")
  func reports() async throws {
    try await Rig.run { rig in
      let most = "JWT " + String(repeating: "x", count: 64 << 10)
      #expect(try await rig.ask("POST", Self.rejected, body: most).status == 200)
      let socket = rig.socket
      try await onThread {
        let said = try Wire(path: socket)
        try said.send("POST \(Self.rejected) HTTP/1.1\r\nHost: x\r\nContent-Length: 66561\r\n\r\n")
        #expect(try said.response().status == 413)
        let unsaid = try Wire(path: socket)
        try unsaid.send("POST \(Self.rejected) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<40 { try? unsaid.send("1000\r\n\(most.prefix(4096))\r\n") }
        #expect(try unsaid.response().status == 413)
      }
    }
  }

  @Test("A caller that may not read the profile can't have a body kept")
  func denied() async throws {
    try await Rig.run(socket: #"allow_users = ["65532"]"#) { rig in
      let socket = rig.socket
      let isRoot = geteuid() == 0
      try await onThread {
        let wire = try Wire(path: socket)
        try wire.send("POST \(Self.rejected) HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
        if isRoot {
          try wire.send(String(repeating: "x", count: 60_000))
          #expect(try wire.response().status == 200)
        } else {
          #expect(try wire.response().status == 403)
        }
      }
    }
  }

  @Test("All that unfinished requests hold is bounded, and given back when they close")
  func memory() async throws {
    var limits = ServingLimits()
    limits.memory = 400_000
    try await Rig.run(limits: limits) { rig in
      let socket = rig.socket
      let refused = try await onThread {
        let wires = try (0..<20).map { _ in try Wire(path: socket) }
        let piece = String(repeating: "x", count: 20_000)
        for wire in wires {
          try wire.send("POST \(Self.rejected) HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
          try? wire.send(piece)
        }
        // A half of the 400,000 bytes is this user's, so ten of them find no room.
        return try wires.dropFirst(9).map { wire in
          wire.closeSending()
          let text = String(decoding: try wire.readToEnd(), as: UTF8.self)
          return text.hasPrefix("HTTP/1.1 429 ") && text.contains("too_many_requests")
        }
      }
      #expect(refused.contains(true))
      try await rig.eventually("room again") {
        try await rig.ask("POST", Self.rejected, body: String(repeating: "x", count: 60_000)).status == 200
      }
    }
  }

  @Test("What is sent ahead stays as it came until its turn, and is answered in order")
  func ahead() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        let wire = try Wire(path: socket)
        let piece =
          "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\nPOST \(Self.rejected) HTTP/1.1\r\nHost: x\r\n"
          + "Content-Length: 5\r\n\r\nJWT xGET /v1/profiles/default/authorization HTTP/1.1\r\nHost: x\r\n\r\n"
        try wire.send(String(repeating: piece, count: 300))
        wire.closeSending()
        for _ in 0..<300 {
          #expect(try wire.response().status == 404)
          #expect(try wire.response().status == 200)
          #expect(try wire.responseHead().status == 204)
        }
        #expect(try wire.readToEnd().isEmpty)
      }
    }
  }
}
