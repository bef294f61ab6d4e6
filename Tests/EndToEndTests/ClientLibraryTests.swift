import AssetITTokenClient
import FoundationEssentials
import Glibc
import Testing

@Suite("AssetITTokenClient", .turnstile, .timeLimit(.minutes(5)))
struct ClientLibraryTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private var client: TokenClient { TokenClient(socketPath: bench.path("api.sock"), timeout: .seconds(15)) }

  @Test("gives the header with its end, the profiles, and a new token on request")
  func requests() async throws {
    let (_, _, first) = try await bench.ready()
    let header = try await client.header()
    #expect(header.value == first.text && header.token == first.token)
    let expiry = try #require(header.expiresAt).timeIntervalSince1970
    #expect(abs(expiry - Double(first.expiresAt)) <= 2)
    #expect(try await client.profiles().map(\.profile) == ["default"])
    #expect(try await client.status().state == .valid)
    try await client.refresh()
    #expect(try await client.header().value != first.text)
    let nope = TokenClient(profile: "nope", socketPath: bench.path("api.sock"))
    await #expect(throws: TokenClientError.unknownProfile("nope")) { try await nope.header() }
  }

  @Test("a hundred who report one refused header cost one authentication")
  func rejected() async throws {
    let (simulator, _, _) = try await bench.ready()
    try simulator.forgetRequests()
    let (client, header) = (client, try await client.header())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<100 { group.addTask { try await client.reportRejected(header) } }
      try await group.waitForAll()
    }
    #expect(try await client.header().value != header.value)
    #expect(try simulator.requests().count == 1)
  }

  @Test("events: the state and header now, each new header once, through the daemon's end and its next start")
  func events() async throws {
    let (_, daemon, first) = try await bench.ready()
    var events = client.events.makeAsyncIterator()
    guard case .state(var status)? = try await events.next() else {
      Issue.record("no state first")
      return
    }
    // The token socket may have had the header a moment before the HTTP socket.
    while status.state != .valid, case .state(let next)? = try await events.next() { status = next }
    #expect(status.state == .valid)
    #expect(try await nextHeader(&events)?.value == first.text)
    try await client.refresh()
    let second = try #require(try await nextHeader(&events))
    #expect(try await Reader.header(bench.socket).text == second.value && second.expiresAt != nil)

    daemon.process.send(SIGKILL)
    _ = try await daemon.process.ended()
    while let event = try await events.next() {
      if case .interrupted(let error) = event {
        #expect(error.isTransient)
        break
      }
    }
    _ = try bench.daemon(as: "daemon2")
    let third = try #require(try await nextHeader(&events))
    #expect(third.value != second.value)
  }

  @Test("events throw at once where there is no daemon or no profile, and end where the task is cancelled")
  func eventsEnd() async throws {
    let client = client
    await #expect(throws: TokenClientError.notRunning(path: bench.path("api.sock"))) {
      for try await _ in client.events {}
    }
    _ = try await bench.ready()
    await #expect(throws: TokenClientError.unknownProfile("nope")) {
      for try await _ in TokenClient(profile: "nope", socketPath: client.socketPath).events {}
    }
    let (headers, told) = AsyncStream.makeStream(of: Void.self)
    let task = Task { () async throws in
      for try await case .header in client.events { told.yield() }
    }
    for await _ in headers { break }
    task.cancel()
    try await task.value
  }

  @Test("a daemon that never answers costs no more than the timeout, and a cancelled request nothing")
  func silence() async throws {
    // A socket that nobody accepts from.
    let path = bench.path("mute.sock")
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    ClientSocket.copy(path, into: &address.sun_path)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(listener, 16) == 0)
    let mute = TokenClient(socketPath: path, timeout: .milliseconds(300))
    let began = ContinuousClock.now
    await #expect(throws: TokenClientError.timedOut(after: .milliseconds(300))) { try await mute.header() }
    await #expect(throws: TokenClientError.timedOut(after: .milliseconds(300))) {
      for try await _ in mute.events {}
    }
    let patient = TokenClient(socketPath: path, timeout: .seconds(60))
    let task = Task { try await patient.header() }
    task.cancel()
    await #expect(throws: TokenClientError.cancelled) { try await task.value }
    #expect(ContinuousClock.now - began < .seconds(10))
  }

  private func nextHeader(
    _ events: inout TokenEvents.Iterator
  ) async throws(TokenClientError) -> AuthorizationHeader? {
    while let event = try await events.next() {
      if case .header(let header) = event { return header }
    }
    return nil
  }
}
