import Glibc
import Testing

@Suite("Signals that refresh or stop", .turnstile)
struct SignalTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("SIGUSR1 brings a new token at once, for every profile")
  func refresh() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port) + bench.profile("other", at: simulator.port))
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    let other = try await Reader.firstHeader(bench.path("other.sock"))
    try await daemon.logs("ready: ")
    daemon.process.send(SIGUSR1)
    for (path, old) in [(bench.socket, first), (bench.path("other.sock"), other)] {
      let new = try await eventually("another token", within: .seconds(3)) {
        let header = try await Reader.header(path)
        return header == old ? nil : header
      }
      #expect(try simulator.accepts(new.text))
    }
    #expect(try simulator.requests().count == 4)
  }

  @Test("a storm of 200 SIGUSR1 makes a handful of requests, one at a time")
  func storm() async throws {
    let simulator = try await bench.simulator()
    let refresh = """
      retry_min = "500ms"
      retry_max = "5m"
      """
    try bench.configure(bench.profile(at: simulator.port, refresh: refresh))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    for _ in 0..<200 {
      daemon.process.send(SIGUSR1)
      try await Task.sleep(for: .milliseconds(10))
    }
    // Asked for at once, after 0.5 s, after 0.5 to 1 s more, after 1 to 2 s more.
    let requests = try simulator.requests()
    #expect((3...6).contains(requests.count), "in about two seconds")
    for (one, next) in zip(requests.dropFirst(), requests.dropFirst(2)) {
      // Counted from when the one before was sent, which is a moment before it arrives.
      #expect(next.at - one.at >= 0.45)
    }
    #expect(requests.allSatisfy { $0.inFlight == 1 })
    #expect(!daemon.lines(with: "so that AssetIT isn't asked too often").isEmpty)
  }

  @Test("SIGTERM and SIGINT end it with 0, and socket and file are gone", arguments: [SIGTERM, SIGINT])
  func stop(signal: Int32) async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await bench.fileHolds(header)
    daemon.process.send(signal)
    #expect(try await daemon.process.ended(within: .seconds(3)) == .exited(0))
    #expect(Files.names(in: bench.runtime) == [])
    #expect(!daemon.lines(with: "stopping: headers are withdrawn").isEmpty)
  }

  @Test("a stop waits neither for a service that hangs nor for readers that wait")
  func stopWhileWaiting() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"hang":true}"#)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "1min""#))
    let daemon = try bench.daemon()
    try await bench.listens()
    async let answer = Reader.read(bench.socket)
    try await eventually("a request") { try !simulator.requests().isEmpty }
    try await Task.sleep(for: .milliseconds(200))
    daemon.process.send(SIGTERM)
    #expect(try await daemon.process.ended(within: .seconds(3)) == .exited(0))
    #expect(try await answer == [])
    #expect(Files.names(in: bench.runtime) == [])
  }

  @Test("a reader whom a stop overtakes gets a whole header or no connection, never a part and never nothing")
  func stopUnderLoad() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    async let counts = withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask { try await onThread { try readUntilRefused(bench.socket, header.text) } }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    try await Task.sleep(for: .milliseconds(300))
    #expect(try await daemon.stop() == .exited(0))
    let served = try await counts
    #expect(served.allSatisfy { $0 > 100 })
  }
}

/// - Returns: how many readers were served before nobody listened any more.
/// - Throws: where one got anything but the header.
private func readUntilRefused(_ path: String, _ header: String) throws -> Int {
  var count = 0
  let end = monotonic() + 20
  while monotonic() < end {
    let socket: ClientSocket
    do throws(Failure) {
      socket = try ClientSocket(path: path)
    } catch {
      if error.errno == ENOENT || error.errno == ECONNREFUSED { return count }
      throw error
    }
    guard try socket.readToEnd() == Array(header.utf8) else {
      throw Failure("an answer that is no header", 0)
    }
    count += 1
  }
  throw Failure("readers are served for ever", ETIME)
}
