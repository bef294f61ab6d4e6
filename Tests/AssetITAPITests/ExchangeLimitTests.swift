import Glibc
import Synchronization
import Testing
import TokenCore

@testable import AssetITAPI

@Suite("Limits of an exchange")
struct ExchangeLimitTests {
  /// One that reads the request and then waits for the end.
  private func silentServer() throws -> LoopbackServer {
    try LoopbackServer { $0.waitForEnd() }
  }

  @Test("a service that never answers costs its time limit, and others nothing")
  func silence() async throws {
    let silent = try silentServer()
    let working = try LoopbackServer(answering: answer(testToken))
    let client = try ExchangeClient()
    async let slow = client.timedExchange(.test(silent.baseURL, timeout: .seconds(1)))
    async let quick = client.timedExchange(.test(working.baseURL))
    let (late, early) = await (slow, quick)
    #expect(late.result.failure == .timedOut(host: "127.0.0.1", after: .seconds(1)))
    #expect((.milliseconds(990)...(.seconds(3))).contains(late.elapsed))
    #expect(early.result.grant != nil)
    #expect(early.elapsed < .milliseconds(900))
    client.shutDown()
    silent.stop()
    working.stop()
  }

  @Test("a TLS handshake that never comes costs the limit for connecting")
  func handshake() async throws {
    let silent = try silentServer()
    let client = try ExchangeClient()
    let settings = ExchangeSettings.test(
      "https://127.0.0.1:\(silent.port)", timeout: .seconds(20), connectTimeout: .milliseconds(300))
    let (result, elapsed) = await client.timedExchange(settings)
    #expect(result.failure == .timedOut(host: "127.0.0.1", after: .milliseconds(300)))
    #expect(elapsed < .seconds(5))
    client.shutDown()
    silent.stop()
  }

  @Test("an answer that drips is cut at the limit")
  func dripping() async throws {
    let server = try LoopbackServer { connection in
      connection.send("HTTP/1.1 200 OK\r\n\r\n")
      while connection.send("a") { usleep(20_000) }
    }
    let client = try ExchangeClient()
    let result = await client.exchange(.test(server.baseURL, timeout: .milliseconds(300)))
    #expect(result.failure == .timedOut(host: "127.0.0.1", after: .milliseconds(300)))
    client.shutDown()
    server.stop()
  }

  @Test("an endless body, chunk, header or interim answer is stopped early", arguments: [0, 1, 2, 3])
  func endless(kind: Int) async throws {
    let sent = Mutex(0)
    let server = try LoopbackServer { connection in
      let piece = String(repeating: "a", count: 4096)
      let (opening, repeated) = [
        ("HTTP/1.1 200 OK\r\n\r\n", piece),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1000\r\n\(piece)\r\n"),
        ("HTTP/1.1 200 OK\r\n", "X-More: \(piece)\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\nX-More: \(piece)\r\n\r\n"),
      ][kind]
      connection.send(opening)
      while sent.withLock({ $0 }) < 100_000_000, connection.send(repeated) {
        sent.withLock { $0 += repeated.utf8.count }
      }
    }
    let client = try ExchangeClient()
    let result = await client.exchange(.test(server.baseURL))
    #expect(result.failure == .unusableAnswer(.oversized(limit: 65_536)))
    client.shutDown()
    server.stop()
    #expect(sent.withLock { $0 } < 20_000_000)
  }

  @Test("a header line without end is stopped")
  func endlessLine() async throws {
    let server = try LoopbackServer { connection in
      connection.send("HTTP/1.1 200 OK\r\nX: ")
      while connection.send(String(repeating: "a", count: 4096)) {}
    }
    let client = try ExchangeClient()
    let result = await client.exchange(.test(server.baseURL))
    #expect(result.failure?.failureClass == .transient)
    client.shutDown()
    server.stop()
  }

  @Test("64 KiB are taken and one byte more is not")
  func exactly() async throws {
    let client = try ExchangeClient()
    for (size, isTaken) in [(65_536, true), (65_537, false)] {
      let server = try LoopbackServer(answering: answer(String(repeating: "a", count: size)))
      var settings = ExchangeSettings.test(server.baseURL)
      settings.tokenFormat = .opaque
      let result = await client.exchange(settings)
      #expect((result.grant?.token.count == size) == isTaken)
      server.stop()
    }
  }

  @Test("giving up is prompt")
  func abandon() async throws {
    let silent = try silentServer()
    let client = try ExchangeClient()
    let (result, elapsed) = await client.timedExchange(.test(silent.baseURL), givingUp: true)
    #expect(result.failure == .abandoned)
    #expect(elapsed < .seconds(1))
    client.shutDown()
    silent.stop()
  }

  @Test("giving up a request that has been sent is prompt too, and completes it once")
  func abandonSent() async throws {
    let named = Mutex<(ExchangeClient, ExchangeID)?>(nil)
    let abandonedAt = Mutex<ContinuousClock.Instant?>(nil)
    let server = try LoopbackServer { connection in
      abandonedAt.withLock { $0 = .now }
      named.withLock { $0.map { client, id in for _ in 0..<3 { client.abandon(id) } } }
      connection.waitForEnd()
    }
    let client = try ExchangeClient()
    let (result, end) = await withCheckedContinuation { continuation in
      named.withLock { named in
        let id = client.start(.test(.test(server.baseURL))) {
          continuation.resume(returning: ($0, ContinuousClock.now))
        }
        named = (client, id)
      }
    }
    #expect(result.failure == .abandoned)
    #expect(end - (try #require(abandonedAt.withLock { $0 })) < .seconds(1))
    client.abandon(ExchangeID(number: .max))
    named.withLock { $0 = nil }
    client.shutDown()
    server.stop()
  }

  @Test("shutting down completes every exchange and lets nothing start")
  func shutDown() async throws {
    let silent = try silentServer()
    let client = try ExchangeClient()
    let results = Mutex<[ExchangeFailure?]>([])
    for _ in 0..<5 {
      client.start(.test(.test(silent.baseURL))) { result in results.withLock { $0.append(result.failure) } }
    }
    client.shutDown()
    #expect(results.withLock { $0 } == Array(repeating: .abandoned, count: 5))
    client.shutDown()
    #expect(await client.exchange(.test(silent.baseURL)).failure == .abandoned)
    silent.stop()
  }

  @Test("a completion may start another exchange, shut down, or hold the client's last reference")
  func reentry() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    let result = try await withCheckedThrowingContinuation { continuation in
      do {
        let client = try ExchangeClient()
        let request = AuthenticationRequest.test(.test(server.baseURL))
        client.start(request) { _ in
          client.start(request) { result in
            client.shutDown()
            continuation.resume(returning: result)
          }
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
    #expect(result.grant != nil)
    server.stop()
  }

  @Test("200 exchanges leave no descriptor behind")
  func descriptors() async throws {
    let server = try LoopbackServer(answering: answer(testToken))
    let client = try ExchangeClient()
    let before = try openDescriptors()
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<200 {
        if index >= 16 { #expect(await group.next() == true) }
        group.addTask { await client.exchange(.test(server.baseURL)).grant != nil }
      }
      for await isGranted in group { #expect(isGranted) }
    }
    server.stop()
    // Other tests run beside this one, and some hold hundreds for a while; what this one left would stay.
    let deadline = ContinuousClock.now + .seconds(60)
    while try openDescriptors() - before >= 100, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try openDescriptors() - before < 100)
    client.shutDown()
  }

  private func openDescriptors() throws -> Int {
    let folder = try #require(opendir("/proc/self/fd"))
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }
}
