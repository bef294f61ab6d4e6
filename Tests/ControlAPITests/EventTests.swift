import ControlAPI
import Testing

@Suite("Events")
struct EventTests {
  @Test("a subscriber gets what there is at once, then each change, with the header")
  func changes() async throws {
    try await Rig.run { rig in
      let first = try await rig.header()
      let events = try Events(rig.socket)
      let state = try events.next("state")
      #expect(state.data.contains(#""state":"valid""#))
      #expect(!state.data.contains("eyJ"))
      #expect(try events.next("header").data == first)
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 200)
      #expect(try events.next("state").data.contains(#""refreshing":true"#))
      #expect(try events.next("state").data.contains(#""refreshing":false"#))
      #expect(try events.next("header").data == (await rig.header()))
      try await rig.set(faults: #"{"status":500}"#)
      // It may have to wait, but comes by itself.
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 503)
      while !(try events.next("state")).data.contains(#""state":"failing""#) {}
    }
  }

  @Test("who comes back gets what it hasn't seen, and no more")
  func resume() async throws {
    try await Rig.run { rig in
      let events = try Events(rig.socket)
      let state = try events.next("state")
      let header = try events.next("header")
      // Seen everything: the next event is the one after a change.
      let idle = try Events(rig.socket, lastEventID: header.id)
      // Seen the state only.
      #expect(try Events(rig.socket, lastEventID: state.id).next() == header)
      for unknown in ["", "x", "1-1", "999-99", state.id.map { $0 + "9999" } ?? ""] {
        let stranger = try Events(rig.socket, lastEventID: unknown)
        #expect(try stranger.next()?.name == "state")
        #expect(try stranger.next() == header)
      }
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 200)
      let next = try #require(try idle.next())
      #expect(next.name == "state")
      #expect(next.data.contains(#""refreshing":true"#))
      // Away during the refresh: one state and one header, however much there was in between.
      let back = try Events(rig.socket, lastEventID: header.id)
      #expect(try back.next("state").data.contains(#""refreshing":false"#))
      #expect(try back.next()?.data == (await rig.header()))
    }
  }

  @Test("a heartbeat comes when nothing else does")
  func heartbeat() async throws {
    var limits = ServingLimits()
    limits.heartbeat = .milliseconds(100)
    try await Rig.run(limits: limits) { rig in
      let socket = rig.socket
      try await onThread {
        let events = try Events(socket)
        _ = try events.next("header")
        for _ in 0..<3 { #expect(try events.next()?.isComment == true) }
      }
    }
  }

  @Test("who stops reading is cut off; the others go on")
  func stalled() async throws {
    var limits = ServingLimits()
    limits.heartbeat = .milliseconds(4)
    try await Rig.run(limits: limits) { rig in
      let socket = rig.socket
      async let last = onThread {
        let reading = try Events(socket)
        _ = try reading.next("header")
        return try reading.next("header").data
      }
      try await rig.eventually("the one that reads") {
        try await rig.ask("GET", "/metrics").text.contains("assetit_event_subscribers 1\n")
      }
      let stalled = try Events(socket)
      try await rig.eventually("the end of the one that doesn't read") {
        let metrics = try await rig.ask("GET", "/metrics").text
        return metrics.contains("assetit_event_subscribers 1\n")
      }
      #expect(try await rig.ask("POST", "/v1/profiles/default/refresh").status == 200)
      #expect(try await last == (await rig.header()))
      // What the kernel had taken is still there, then the end.
      #expect(try stalled.wire.readToEnd().count < 1 << 20)
    }
  }

  @Test("the stream ends with its profile")
  func removed() async throws {
    try await Rig.run { rig in
      let events = try Events(rig.socket)
      _ = try events.next("header")
      let document =
        Rig.document(rig.folder, rig.port)
        .replacing("profiles.default", with: "profiles.other")
      try await rig.reload(document)
      #expect(try events.next() == nil)
      #expect(try await rig.ask("GET", "/v1/profiles/default").status == 404)
      #expect(try await rig.ask("GET", "/v1/profiles/other").status == 200)
    }
  }

  @Test("HEAD says what GET would, and ends")
  func head() async throws {
    try await Rig.run { rig in
      let wire = try Wire(path: rig.socket)
      try wire.ask("HEAD", "/v1/profiles/default/events")
      let (status, headers) = try wire.responseHead()
      #expect(status == 200)
      #expect(headers["content-type"] == "text/event-stream")
      #expect(try wire.readToEnd().isEmpty)
    }
  }
}
