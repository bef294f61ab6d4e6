import ControlAPI
import Glibc
import Testing

@Suite("Callers that go before they are answered")
struct AbortTests {
  /// A request on every route, those that wait included; the service never answers in time.
  static func requests(_ header: String) -> [String] {
    let local = "HTTP/1.1\r\nHost: localhost\r\n"
    let profile = "/v1/profiles/default"
    let reading = [
      "/v1/profiles", profile, "\(profile)/header", "\(profile)/header?min_valid=9m",
      "\(profile)/authorization", "\(profile)/authorization?min_valid=9m", "\(profile)/events", "/livez",
      "/readyz", "/metrics", "/nowhere",
    ]
    return reading.flatMap { ["GET \($0) \(local)\r\n", "HEAD \($0) \(local)\r\n"] } + [
      "POST \(profile)/refresh \(local)\r\n",
      "POST \(profile)/rejected \(local)Content-Length: \(header.utf8.count)\r\n\r\n\(header)",
      "POST \(profile)/rejected \(local)Content-Length: 60000\r\n\r\nJWT",
      "POST \(profile)/rejected \(local)Expect: 100-continue\r\nContent-Length: 60000\r\n\r\n",
      "POST \(profile)/rejected \(local)Content-Length: 100000\r\n\r\n",
      "CONNECT localhost:80 \(local)\r\n", "GET \(profile)/events HTTP/1.0\r\n\r\n", "GET \(profile)/ev",
      "GET http://evil.com/ \(local)\r\n", "nonsense\r\n\r\n",
    ]
  }

  @Test("After aborts of every route, in every way, no connection, subscriber, demand or byte is left")
  func everyRoute() async throws {
    // What is left of the token is less than `min_valid` wants, so every route that can wait does.
    try await Rig.run(lifetime: 600, socket: #"wait = "30s""#, refresh: "at = 0.9") { rig in
      let header = try await rig.header()
      try await rig.set(faults: #"{"delay":60}"#)
      let socket = rig.socket
      let requests = Self.requests(header)
      try await onThread {
        for round in 0..<60 {
          for request in requests {
            let wire = try Wire(path: socket)
            switch round % 5 {
            case 0: try? wire.send(request)
            case 1:
              try? wire.send(request)
              wire.closeSending()
            case 2: try? wire.send(String(request.prefix(request.count / 2)))
            case 3: try? wire.send(request + request + request)
            default:
              try? wire.send(request)
              wire.closeReceiving()
            }
          }
        }
      }
      try await rig.eventually("the end of all other connections") {
        let text = try await rig.ask("GET", "/metrics").text
        return text.contains("assetit_http_connections 1\n")
          && text.contains("assetit_event_subscribers 0\n")
      }
      #expect(try await gauge("assetit_refresh_demands", rig) == 0)
      // What the request for the metrics holds itself.
      #expect(try await gauge("assetit_http_memory_bytes", rig) < 100)
      #expect(try await rig.authentications() <= 3, "the exchange in flight goes on")
    }
  }

  @Test("A subscriber whose first event can't be written is none")
  func subscribers() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        for _ in 0..<2000 {
          let wire = try Wire(path: socket)
          // Reset before the server gets to write: the first write fails inside the call that begins the stream.
          try? wire.ask("GET", "/v1/profiles/default/events")
        }
      }
      try await rig.eventually("no subscribers and no connections") {
        let text = try await rig.ask("GET", "/metrics").text
        return text.contains("assetit_http_connections 1\n")
          && text.contains("assetit_event_subscribers 0\n")
      }
    }
  }

  private func gauge(_ name: String, _ rig: Rig) async throws -> Int {
    let text = try await rig.ask("GET", "/metrics").text
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return try #require(line.flatMap { Int($0.dropFirst(name.count + 1)) })
  }

  /// How many callers wait for a refresh, as the daemon sees it.
  private func demands(_ rig: Rig) async throws -> Int { try await gauge("assetit_refresh_demands", rig) }

  @Test("A demand ends with its connection, and a caller that only shut down its sending side still waits")
  func demandsEnd() async throws {
    try await Rig.run(refresh: "at = 0.9") { rig in
      let header = try await rig.header()
      try await rig.set(faults: #"{"delay":1}"#)
      let path = "/v1/profiles/default"
      let half = try Wire(path: rig.socket)
      try half.ask("POST", "\(path)/refresh")
      half.closeSending()
      try await rig.eventually("the demand") { try await demands(rig) == 1 }
      for _ in 0..<200 {
        let wire = try Wire(path: rig.socket)
        try wire.ask("POST", "\(path)/rejected", body: header)
      }
      try await rig.eventually("the end of those whose callers have gone") { try await demands(rig) <= 1 }
      #expect(try half.response().status == 200)
      #expect(try await rig.header() != header)
      try await rig.eventually("no demand") { try await demands(rig) == 0 }
    }
  }

  @Test("A half-closed caller that then goes takes its demand along")
  func halfClosed() async throws {
    try await Rig.run(refresh: "at = 0.9") { rig in
      try await rig.set(faults: #"{"delay":30}"#)
      let wire = try Wire(path: rig.socket)
      try wire.ask("POST", "/v1/profiles/default/refresh")
      wire.closeSending()
      try await rig.eventually("the demand") { try await demands(rig) == 1 }
      wire.closeReceiving()
      try await rig.eventually("its end") { try await demands(rig) == 0 }
    }
  }
}
