import Glibc
import Testing

@Suite("What callers of the HTTP socket cost", .turnstile, .serialized)
struct HTTPCostTests {
  private static let profile = "/v1/profiles/default"
  let bench: Bench

  init() throws {
    bench = try Bench()
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    getrlimit(resource, &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }

  private var socket: String { bench.path("api.sock") }

  private static func request(_ method: String, _ target: String, _ fields: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n"
  }

  /// One request; the whole answer as text.
  private func ask(_ method: String, _ target: String) async throws -> String {
    let socket = socket
    return try await onThread {
      let caller = try ClientSocket(path: socket)
      try caller.send(Self.request(method, target, "Connection: close\r\n"))
      return String(decoding: try caller.readToEnd(), as: UTF8.self)
    }
  }

  @Test(
    "After thousands of aborts on every route there are as many descriptors as before, and a refresh works",
    .seesDescriptors)
  func aborts() async throws {
    // With a list there is no header file: replaced ones are held open, and refreshes would count.
    let (simulator, daemon, first) = try await bench.ready(socket: "allow_users = [\"\(geteuid())\"]")
    try simulator.set(faults: #"{"delay":1}"#)
    _ = try await ask("GET", "/metrics")
    let descriptors = daemon.descriptorCount
    let body = "Content-Length: \(first.text.utf8.count)\r\n\r\n\(first.text)"
    let requests =
      [
        "", "/header", "/header?min_valid=59m", "/authorization", "/authorization?min_valid=59m", "/events",
        "/nothing",
      ].map { Self.request("GET", Self.profile + $0) }
      + ["/livez", "/readyz", "/metrics", "/v1/profiles"].map { Self.request("GET", $0) }
      + [
        Self.request("POST", Self.profile + "/refresh"),
        "POST \(Self.profile)/rejected HTTP/1.1\r\nHost: x\r\n\(body)",
        Self.request("POST", Self.profile + "/rejected", "Content-Length: 60000\r\n") + "JWT",
        Self.request("CONNECT", "localhost:80"), "GET /v1/prof",
      ]
    let socket = socket
    try await onThread {
      for round in 0..<600 {
        for (index, request) in requests.enumerated() {
          let caller = try ClientSocket(path: socket)
          // Many are gone before the server gets to write.
          try? caller.send(request)
          if (round + index).isMultiple(of: 3) { shutdown(caller.descriptor, Int32(SHUT_RD)) }
        }
      }
    }
    try await eventually("as many descriptors as before (\(descriptors))", within: .seconds(30)) {
      daemon.descriptorCount <= descriptors
    }
    let metrics = try await ask("GET", "/metrics")
    for gauge in ["assetit_http_connections 1", "assetit_event_subscribers 0", "assetit_refresh_demands 0"] {
      #expect(metrics.contains(gauge + "\n"), "\(gauge)")
    }
    try simulator.clearFaults()
    try await eventually("another refresh") {
      try await ask("POST", Self.profile + "/refresh").hasPrefix("HTTP/1.1 200 ")
    }
  }

  @Test("One user has half of the demands; callers that go leave room, again and again")
  func demands() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    // 1,024 descriptors make room for 66 demands, half of them for one user.
    let daemon = try bench.daemon(wrapper: Bench.descriptorLimit(1024))
    try await daemon.logs("ready: ")
    try simulator.set(faults: #"{"delay":60}"#)
    let socket = socket
    for _ in 0..<5 {
      let answer = try await onThread {
        let callers = try (0..<35).map { _ in try ClientSocket(path: socket) }
        for caller in callers { try caller.send(Self.request("POST", Self.profile + "/refresh")) }
        var last = ""
        // The last ones may be asked before the first ones are counted.
        for _ in 0..<200 where !last.hasPrefix("HTTP/1.1 429 ") {
          let caller = try ClientSocket(path: socket, limit: .milliseconds(200))
          try caller.send(Self.request("POST", Self.profile + "/refresh", "Connection: close\r\n"))
          last = (try? String(decoding: caller.readToEnd(), as: UTF8.self)) ?? ""
        }
        return last
      }
      #expect(answer.contains("too_many_requests") && answer.contains("Retry-After: 1\r\n"))
      try await eventually("room again") {
        try await ask("GET", "/metrics").contains("assetit_refresh_demands 0\n")
      }
    }
    #expect(daemon.process.poll() == nil)
  }

  @Test("Two thousand unfinished bodies cost a bounded amount of memory")
  func bodies() async throws {
    let (_, daemon, _) = try await bench.ready()
    _ = try await ask("GET", "/metrics")
    let before = try daemon.residentBytes
    let socket = socket
    let callers = try await onThread {
      let body = String(repeating: "x", count: 60_000)
      return try (0..<2000).map { _ in
        let caller = try ClientSocket(path: socket)
        try? caller.send(Self.request("POST", Self.profile + "/rejected", "Content-Length: 64000\r\n") + body)
        return caller
      }
    }
    let grown = try daemon.residentBytes - before
    #expect(grown < 96 << 20, "\(grown >> 20) MiB for \(callers.count) bodies")
    #expect(try await ask("GET", Self.profile + "/header").hasPrefix("HTTP/1.1 200 "))
  }

  @Test(
    "Without a descriptor callers get 503, the thread doesn't spin, and all is well again afterwards",
    .seesDescriptors)
  func noDescriptors() async throws {
    let (_, daemon, _) = try await bench.ready()
    _ = try await ask("GET", "/livez")
    try await bench.limitDescriptors(of: daemon, free: 4)
    let socket = socket
    let held = try await onThread { try (0..<8).map { _ in try ClientSocket(path: socket) } }
    // Whoever has sent something is reset after the answer, so nothing is sent.
    try await eventually("no room") {
      try await onThread {
        // One that is accepted after all hears nothing.
        let caller = try ClientSocket(path: socket, limit: .milliseconds(300))
        return (try? caller.readToEnd())?.isEmpty == false
      }
    }
    let began = try daemon.processorTime
    let queued = try await onThread {
      try (0..<50).map { _ in String(decoding: try ClientSocket(path: socket).readToEnd(), as: UTF8.self) }
    }
    #expect(queued.count == 50)
    #expect(queued.allSatisfy { $0.hasPrefix("HTTP/1.1 503 ") && $0.contains("too_many_connections") })
    try await throughout(.seconds(2), every: .milliseconds(500)) {}
    #expect(try daemon.processorTime - began < 1)
    #expect(held.count == 8)
    try await bench.limitDescriptors(of: daemon, free: 20)
    try await eventually("room again") { try await ask("GET", "/livez").hasPrefix("HTTP/1.1 200 ") }
    try await daemon.logs("raise LimitNOFILE")
  }

  @Test(
    "At small limits readers and callers can't take what a refresh needs", .seesDescriptors,
    arguments: [256, 1024])
  func reserve(limit: Int) async throws {
    let simulator = try await bench.simulator()
    let down = try await bench.simulator(port: 0, "down")
    try down.set(faults: #"{"status":500}"#)
    let waiting = bench.path("waiting.sock")
    try bench.configure(
      bench.profile(at: simulator.port) + bench.profile("waiting", at: down.port, socket: #"wait = "1min""#))
    let daemon = try bench.daemon(wrapper: Bench.descriptorLimit(limit))
    let first = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("waiting: ")
    let socket = socket
    let crowd = try await onThread {
      var crowd: [ClientSocket] = []
      for _ in 0..<limit {
        crowd.append(try ClientSocket(path: waiting))
        let caller = try ClientSocket(path: socket)
        try? caller.send(Self.request("GET", "/v1/profiles/waiting/header"))
        crowd.append(caller)
      }
      return crowd
    }
    #expect(daemon.descriptorCount < limit * 3 / 4)
    daemon.process.send(SIGUSR1)
    try await daemon.logs("new token", times: 2)
    let second = try await Reader.header(bench.socket)
    #expect(second != first)
    try await bench.fileHolds(second)
    let closed = daemon.lines(with: "closed unanswered")
    #expect(closed.allSatisfy { $0.contains("wait for a token already") }, "no descriptor was missing")
    #expect(crowd.count == 2 * limit)
  }
}
