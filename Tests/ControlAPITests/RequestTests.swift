import ControlAPI
import Glibc
import Testing

@Suite("Requests over the socket")
struct RequestTests {
  private static let header = "/v1/profiles/default/header"

  @Test("the state of a profile, and the list of all, never hold the token")
  func states() async throws {
    try await Rig.run { rig in
      let one = try await rig.ask("GET", "/v1/profiles/default")
      #expect(one.status == 200)
      #expect(one.headers["content-type"] == "application/json")
      #expect(one["profile"] == "default")
      #expect(one["state"] == "valid")
      #expect(one["refreshing"] == "false")
      #expect(one["failures"] == "0")
      #expect(Int(try #require(one["expires_in"])).map { 500...600 ~= $0 } == true)
      for key in ["issued_at", "expires_at", "next_refresh_at"] {
        #expect(one[key]?.hasSuffix("Z") == true, "\(key)")
      }
      #expect(one.text.contains(#""last_error":null"#))
      let all = try await rig.ask("GET", "/v1/profiles")
      #expect(all.text.hasPrefix(#"{"profiles":[{"#))
      #expect(!(one.text + all.text).contains("eyJ"))
    }
  }

  @Test("the header comes as it is, with its end in Expires and never to be stored")
  func headerBytes() async throws {
    try await Rig.run { rig in
      let answer = try await rig.ask("GET", Self.header)
      #expect(answer.status == 200)
      #expect(answer.text.hasPrefix("JWT eyJ"))
      #expect(!answer.text.contains("\n"))
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.headers["expires"]?.hasSuffix(" GMT") == true)
      let socket = "\(rig.folder)/default.sock"
      let read = try await onThread { try Wire(path: socket).readToEnd() }
      #expect(read == answer.body, "the same as on the token socket")
      let head = try await rig.ask("HEAD", Self.header)
      #expect(head.headers["content-length"] == "\(answer.body.count)")
      #expect(try await rig.authentications() == 1)
    }
  }

  @Test("two hundred who need a longer life get it from one authentication")
  func minimumValidity() async throws {
    try await Rig.run(lifetime: 100, refresh: "at = 0.9") { rig in
      #expect(try await rig.authentications() == 1)
      try await rig.change(lifetime: 600)
      try await rig.set(faults: #"{"delay":0.3}"#)
      let before = try await rig.header()
      // The first token's lifetime is what the service is known for until there is another one.
      try await rig.eventually("that less than 98 s are left") {
        try await rig.ask("GET", "/v1/profiles/default")["expires_in"].flatMap { Int($0) }.map { $0 < 98 }
          ?? false
      }
      let socket = rig.socket
      let headers = try await onThread {
        let wires = try (0..<200).map { _ in try Wire(path: socket) }
        for wire in wires { try wire.ask("GET", Self.header + "?min_valid=98s") }
        return try Set(wires.map { try $0.response().text })
      }
      #expect(headers.count == 1)
      #expect(headers.first != before)
      #expect(try await rig.authentications() == 2)
      #expect(try await rig.ask("GET", Self.header + "?min_valid=9m").status == 200)
      #expect(try await rig.authentications() == 2)
    }
  }

  @Test("what no token is good for is refused at once, without a request")
  func impossible() async throws {
    try await Rig.run { rig in
      for _ in 0..<20 {
        let answer = try await rig.ask("GET", Self.header + "?min_valid=11m")
        #expect(answer.status == 503)
        #expect(answer.code == "min_valid_too_long")
        #expect(answer.headers["retry-after"].flatMap { Int($0) }.map { $0 > 0 } == true)
      }
      #expect(try await rig.authentications() == 1)
    }
  }

  @Test("a minimum that a failing service can't bring is 503 with Retry-After")
  func failingMinimum() async throws {
    try await Rig.run(lifetime: 100, refresh: "at = 0.9", more: { _ in "" }) { rig in
      try await rig.set(faults: #"{"status":500}"#)
      try await rig.eventually("that less than 98 s are left") {
        try await rig.ask("GET", "/v1/profiles/default")["expires_in"].flatMap { Int($0) }.map { $0 < 98 }
          ?? false
      }
      let answer = try await rig.ask("GET", Self.header + "?min_valid=98s")
      #expect(answer.status == 503)
      #expect(answer.code == "refresh_failed")
      #expect(answer.headers["retry-after"] != nil)
      #expect(answer["detail"]?.contains("HTTP 500") == true)
      #expect(try await rig.ask("GET", Self.header).status == 200, "the good one is still given")
      #expect(try await rig.ask("GET", "/v1/profiles/default")["state"] == "failing")
    }
  }

  @Test("without a token a reader waits for as long as `wait` says, then gets 503")
  func waiting() async throws {
    try await Rig.run(socket: #"wait = "300ms""#, refresh: #"retry_min = "2s""#, faults: #"{"status":503}"#) {
      rig in
      let clock = ContinuousClock()
      let time = try await clock.measure {
        let answer = try await rig.ask("GET", Self.header)
        #expect(answer.status == 503)
        #expect(answer.code == "no_token")
        #expect(answer.headers["retry-after"] != nil)
      }
      #expect(time > .milliseconds(290))
      #expect(time < .seconds(20))
      let ready = try await rig.ask("GET", "/readyz")
      #expect(ready.status == 503)
      #expect(ready.text.contains(#""profiles":["default"]"#))
      #expect(try await rig.ask("GET", "/livez").status == 200)
      #expect(try await rig.ask("GET", "/v1/profiles/default")["state"] == "unavailable")
    }
  }

  @Test("and is answered as soon as there is one")
  func firstToken() async throws {
    try await Rig.run(refresh: #"retry_min = "500ms""#, faults: #"{"status":503}"#) { rig in
      let socket = rig.socket
      async let answer = onThread {
        let wire = try Wire(path: socket)
        try wire.ask("GET", Self.header)
        return try wire.response()
      }
      try await rig.clearFaults()
      #expect(try await answer.status == 200)
    }
  }

  @Test("a refresh is answered when it is done; the next one so soon is put off")
  func refresh() async throws {
    try await Rig.run { rig in
      let before = try await rig.header()
      let done = try await rig.ask("POST", "/v1/profiles/default/refresh")
      #expect(done.status == 200)
      #expect(done["state"] == "valid")
      #expect(done["refreshing"] == "false")
      #expect(try await rig.header() != before)
      let again = try await rig.ask("POST", "/v1/profiles/default/refresh")
      #expect(again.status == 503)
      #expect(again.code == "refresh_deferred")
      #expect(again.headers["retry-after"] == "1")
      #expect(try await rig.authentications() == 2)
    }
  }

  @Test("a refresh that fails is 503 with what is wrong")
  func failedRefresh() async throws {
    try await Rig.run { rig in
      try await rig.set(faults: #"{"status":401}"#)
      let answer = try await rig.ask("POST", "/v1/profiles/default/refresh")
      #expect(answer.status == 503)
      #expect(answer.code == "refresh_failed")
      #expect(answer["detail"]?.contains("HTTP 401") == true)
      #expect(
        answer.headers["retry-after"].flatMap { Int($0) }.map { $0 > 90 } == true, "a fifth of what is left")
    }
  }

  @Test("wrong paths, methods, hosts and origins are problem documents")
  func problems() async throws {
    try await Rig.run { rig in
      let local = "Host: localhost"
      let cases: [(String, String, [String], Int, String)] = [
        ("GET", "/nowhere", [local], 404, "not_found"),
        ("GET", "/v1/profiles/other", [local], 404, "unknown_profile"),
        ("GET", "/v1/profiles/other/header", [local], 404, "unknown_profile"),
        ("POST", "/v1/profiles/other/refresh", [local], 404, "unknown_profile"),
        ("DELETE", "/v1/profiles/default", [local], 405, "method_not_allowed"),
        ("OPTIONS", "/v1/profiles/default/refresh", [local], 405, "method_not_allowed"),
        ("GET", "/v1/profiles/default/refresh", [local], 405, "method_not_allowed"),
        ("GET", "/v1/profiles/default/header?min_valid=x", [local], 400, "invalid_request"),
        ("POST", "/v1/profiles/default/refresh", [], 400, "invalid_request"),
        ("POST", "/v1/profiles/default/refresh", ["Host: evil.com"], 421, "invalid_request"),
        (
          "POST", "/v1/profiles/default/refresh", [local, "Origin: http://localhost"], 403,
          "browser_not_allowed"
        ),
        ("GET", Self.header, [local, "Sec-Fetch-Site: none"], 403, "browser_not_allowed"),
      ]
      for (method, target, headers, status, code) in cases {
        let answer = try await rig.ask(method, target, headers)
        #expect(answer.status == status, "\(method) \(target)")
        #expect(answer.code == code, "\(method) \(target)")
        #expect(answer["status"] == "\(status)")
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.headers.keys.allSatisfy { !$0.hasPrefix("access-control") })
        if status == 405 { #expect(answer.headers["allow"] != nil) }
      }
      #expect(try await rig.authentications() == 1)
    }
  }

  @Test("one connection carries many requests, also in one piece, and answers in order")
  func keepAlive() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      try await onThread {
        let wire = try Wire(path: socket)
        for _ in 0..<50 {
          try wire.ask("GET", Self.header)
          let answer = try wire.response()
          #expect(answer.status == 200)
          #expect(answer.headers["connection"] == nil)
        }
        let piece = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
        try wire.send(String(repeating: piece, count: 500))
        for _ in 0..<500 {
          #expect(try wire.response().status == 200)
          #expect(try wire.response().status == 404)
        }
        try wire.ask("GET", "/livez", ["Host: localhost", "Connection: close"])
        #expect(try wire.response().headers["connection"] == "close")
        #expect(try wire.readToEnd().isEmpty)
      }
    }
  }

  @Test("HTTP/1.0, half-closed connections and Expect are served")
  func otherClients() async throws {
    try await Rig.run { rig in
      let socket = rig.socket
      let header = try await rig.header()
      try await onThread {
        let old = try Wire(path: socket)
        try old.send("GET \(Self.header) HTTP/1.0\r\n\r\n")
        #expect(try old.response().text == header)
        #expect(try old.readToEnd().isEmpty)

        let half = try Wire(path: socket)
        try half.ask("GET", Self.header)
        half.closeSending()
        #expect(try half.response().text == header)
        #expect(try half.readToEnd().isEmpty)

        let careful = try Wire(path: socket)
        try careful.send(
          "POST /v1/profiles/default/rejected HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            + "Content-Length: 5\r\n\r\n")
        #expect(try careful.responseHead().status == 100)
        try careful.send("JWT x")
        #expect(try careful.response().status == 200)

        let chunked = try Wire(path: socket)
        try chunked.send(
          "POST /v1/profiles/default/rejected HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nJWT\r\n2\r\n x\r\n0\r\n\r\n")
        #expect(try chunked.response().status == 200)
      }
    }
  }
}
