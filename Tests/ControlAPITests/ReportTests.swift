import ControlAPI
import Glibc
import Testing

@Suite("Reports that AssetIT refused a header")
struct ReportTests {
  private static let path = "/v1/profiles/default/rejected"

  private func report(_ rig: Rig, _ header: String?) async throws -> Response {
    try await rig.ask("POST", Self.path, body: header)
  }

  @Test(
    "Twenty concurrent reports of one header cause one authentication and are all answered with the next header"
  )
  func twenty() async throws {
    try await Rig.run { rig in
      let refused = try await rig.header()
      try await rig.set(faults: #"{"delay":0.2}"#)
      let socket = rig.socket
      let answers = try await onThread {
        let wires = try (0..<20).map { _ in try Wire(path: socket) }
        for (index, wire) in wires.enumerated() {
          let token = refused.dropFirst(4)
          let body = [refused, " \(refused)\r\n", String(token), "\(token)\n"][index % 4]
          try wire.ask("POST", Self.path, body: body)
        }
        return try wires.map { try $0.response() }
      }
      #expect(Set(answers.map(\.status)) == [200])
      let header = try await rig.header()
      #expect(header != refused)
      #expect(Set(answers.map { $0.headers["authorization"] }) == [header])
      #expect(
        answers.allSatisfy { $0.headers["cache-control"] == "no-store" && $0.headers["expires"] != nil })
      #expect(answers.allSatisfy { $0["state"] == "valid" && !$0.text.contains("eyJ") })
      #expect(try await rig.authentications() == 2)
    }
  }

  @Test("A thousand reports of one header cause one authentication")
  func thousand() async throws {
    try await Rig.run { rig in
      let refused = try await rig.header()
      let socket = rig.socket
      let statuses = try await onThread {
        let wires = try (0..<250).map { _ in try Wire(path: socket) }
        var statuses: [Int] = []
        for _ in 0..<4 {
          for wire in wires { try wire.ask("POST", Self.path, body: refused) }
          for wire in wires { statuses.append(try wire.response().status) }
        }
        return statuses
      }
      #expect(statuses.count == 1000)
      #expect(Set(statuses) == [200])
      #expect(try await rig.authentications() == 2)
    }
  }

  @Test("A report of another header is answered at once with the present one, and causes nothing")
  func others() async throws {
    try await Rig.run { rig in
      let header = try await rig.header()
      for body in ["JWT x.y.z", "JWT", String(header.dropLast()), "Authorization: \(header)"] {
        let answer = try await report(rig, body)
        #expect(answer.status == 200)
        #expect(answer.headers["authorization"] == header)
      }
      for body in [" ", "", nil] { #expect(try await report(rig, body).status == 400) }
      #expect(try await rig.header() == header)
      #expect(try await rig.authentications() == 1)
    }
  }

  @Test(
    "Where no other header can come in time the answer is 503, says when, and never repeats the reported one")
  func deferred() async throws {
    try await Rig.run(socket: #"wait = "300ms""#, refresh: #"retry_min = "20s""#) { rig in
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 200)
      let header = try await rig.header()
      let answer = try await report(rig, header)
      #expect(answer.status == 503)
      #expect(answer.code == "refresh_deferred")
      #expect(answer.headers["authorization"] == nil)
      #expect(answer.headers["retry-after"].flatMap { Int($0) }.map { 2...20 ~= $0 } == true)
      #expect(!answer.text.contains("eyJ"))
      #expect(try await rig.authentications() == 2)
    }
  }

  @Test("A refresh that may begin within wait is waited for")
  func soon() async throws {
    try await Rig.run(socket: #"wait = "15s""#, refresh: #"retry_min = "1s""#) { rig in
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 200)
      let header = try await rig.header()
      let answer = try await report(rig, header)
      #expect(answer.status == 200)
      let next = try #require(answer.headers["authorization"])
      #expect(next != header)
      #expect(try await rig.authentications() == 3)
    }
  }

  @Test("A refresh that hangs keeps a report no longer than wait")
  func hanging() async throws {
    try await Rig.run(socket: #"wait = "300ms""#) { rig in
      let header = try await rig.header()
      try await rig.set(faults: #"{"delay":5}"#)
      let clock = ContinuousClock()
      let time = try await clock.measure {
        let answer = try await report(rig, header)
        #expect(answer.status == 503)
        #expect(answer.code == "refresh_pending")
        #expect(answer.headers["retry-after"] != nil)
      }
      #expect(time > .milliseconds(290) && time < .seconds(4))
      #expect(try await rig.ask("GET", "/metrics").text.contains("assetit_refresh_demands 0\n"))
    }
  }

  @Test("A refresh that fails is 503 with the reason")
  func failing() async throws {
    try await Rig.run { rig in
      let header = try await rig.header()
      try await rig.set(faults: #"{"status":401}"#)
      let answer = try await report(rig, header)
      #expect(answer.status == 503)
      #expect(answer.code == "refresh_failed")
      #expect(answer["detail"]?.contains("HTTP 401") == true)
      #expect(answer.headers["authorization"] == nil)
    }
  }

  @Test("Without any token a report waits as a reader does, then gets 503, and asks for nothing")
  func nothingHeld() async throws {
    try await Rig.run(socket: #"wait = "300ms""#, refresh: #"retry_min = "60s""#, faults: #"{"status":503}"#)
    {
      rig in
      let answer = try await report(rig, "JWT x.y.z")
      #expect(answer.status == 503)
      #expect(answer.code == "no_token")
      #expect(try await rig.authentications() == 1)
    }
  }
}

@Suite("Forward authorization")
struct AuthorizationTests {
  private static let path = "/v1/profiles/default/authorization"

  @Test("The header comes as Authorization of a 204, never to be stored, with its end")
  func header() async throws {
    try await Rig.run { rig in
      let header = try await rig.header()
      let socket = rig.socket
      try await onThread {
        let wire = try Wire(path: socket)
        for method in ["GET", "HEAD", "GET"] {
          try wire.ask(method, Self.path)
          let (status, headers) = try wire.responseHead()
          #expect(status == 204)
          #expect(headers["authorization"] == header)
          #expect(headers["cache-control"] == "no-store")
          #expect(headers["expires"]?.hasSuffix(" GMT") == true)
          #expect(headers["content-length"] == nil && headers["transfer-encoding"] == nil)
          #expect(headers["content-type"] == nil)
        }
      }
      #expect(try await rig.ask("POST", Self.path).status == 405)
      #expect(
        try await rig.ask("GET", "/metrics").text.contains(
          #"assetit_readers_served_total{profile="default",socket="http"} 4"#))
    }
  }

  @Test("A minimum of remaining life holds here as for the header")
  func minimum() async throws {
    try await Rig.run { rig in
      let answer = try await rig.ask("GET", Self.path + "?min_valid=11m")
      #expect(answer.status == 503)
      #expect(answer.code == "min_valid_too_long")
      #expect(answer.headers["authorization"] == nil)
      #expect(try await rig.ask("GET", Self.path + "?minvalid=1m").status == 400)
    }
  }

  @Test("While there is no token it waits, then is 503")
  func without() async throws {
    try await Rig.run(socket: #"wait = "200ms""#, refresh: #"retry_min = "60s""#, faults: #"{"status":503}"#)
    {
      rig in
      let answer = try await rig.ask("GET", Self.path)
      #expect(answer.status == 503)
      #expect(answer.code == "no_token")
      #expect(answer.headers["retry-after"] != nil)
    }
  }
}
