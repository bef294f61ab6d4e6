import Glibc
import TestSupport
import Testing

/// Damaged, doubtful and aborted requests by the thousand: the same for the same seed.
///
/// `ASSETIT_FUZZ_CONNECTIONS` and `ASSETIT_FUZZ_SEED` make it a campaign: `make fuzz-http`.
@Suite("Fuzzed HTTP connections", .turnstile, .serialized)
struct HTTPFuzzTests {
  private static let workers: UInt64 = 4
  let bench: Bench

  init() throws {
    bench = try Bench()
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    getrlimit(resource, &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }

  private static func setting(_ name: String, default value: UInt64) -> UInt64 {
    getenv(name).flatMap { UInt64(String(cString: $0)) } ?? value
  }

  @Test(
    "Nothing that is sent ends the daemon, leaves anything behind, keeps it busy or gets a broken answer",
    .seesDescriptors)
  func campaign() async throws {
    let count = Self.setting("ASSETIT_FUZZ_CONNECTIONS", default: 2000)
    let seed = Self.setting("ASSETIT_FUZZ_SEED", default: 1)
    // With a list there is no header file: replaced ones are held open, and refreshes would count.
    let (simulator, daemon, header) = try await bench.ready(
      socket: "allow_users = [\"\(geteuid())\"]", refresh: "retry_min = \"1s\"\nretry_max = \"2s\"")
    let socket = bench.path("api.sock")
    _ = try await ask("GET /metrics")
    let (descriptors, memory) = (daemon.descriptorCount, try daemon.residentBytes)
    let began = monotonic()
    let statuses = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          try await onThread {
            var fuzzer = RequestFuzzer(seed: seed &* 1000 &+ worker, header: header.text)
            return try fuzzer.run(count / Self.workers, on: socket)
          }
        }
      }
      return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
    let seconds = monotonic() - began
    #expect(daemon.process.poll() == nil, "seed \(seed): the daemon ended:\n\(daemon.log.suffix(2000))")
    #expect(statuses.keys.allSatisfy { $0 == 0 || 100..<600 ~= $0 }, "seed \(seed): \(statuses)")
    try await eventually("as many descriptors as before (\(descriptors)), seed \(seed)", within: .seconds(40))
    {
      daemon.descriptorCount <= descriptors
    }
    let metrics = try await ask("GET /metrics")
    for gauge in ["assetit_http_connections 1", "assetit_event_subscribers 0", "assetit_refresh_demands 0"] {
      #expect(metrics.contains(gauge + "\n"), "seed \(seed): \(gauge)")
    }
    let before = try daemon.processorTime
    try await throughout(.seconds(1), every: .milliseconds(250)) {}
    let busy = try daemon.processorTime - before
    #expect(busy < 0.3, "seed \(seed)")
    let grown = try daemon.residentBytes - memory
    #expect(grown < 64 << 20, "seed \(seed): \(grown >> 20) MiB")
    try await eventually("a refresh") { try await ask("POST /v1/profiles/default/refresh").contains(" 200 ") }
    #expect(!daemon.log.contains(Bench.secret) && !daemon.log.contains("eyJ"))
    let known = try simulator.requests().count
    print(
      "fuzz: \(count) connections, seed \(seed), \(Int(seconds)) s, answers \(statuses.sorted { $0.key < $1.key }),"
        + " descriptors \(descriptors) and \(daemon.descriptorCount), \(grown >> 10) KiB more memory,"
        + " \(known) authentications")
  }

  private func ask(_ line: String) async throws -> String {
    let socket = bench.path("api.sock")
    return try await onThread {
      let caller = try ClientSocket(path: socket)
      try caller.send("\(line) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      return String(decoding: try caller.readToEnd(), as: UTF8.self)
    }
  }
}

/// Makes requests and has them go wrong.
private struct RequestFuzzer {
  private var random: SeededRandom
  private let header: String
  /// Connections that stay open for a while, doing nothing.
  private var held: [ClientSocket] = []

  init(seed: UInt64, header: String) {
    random = SeededRandom(seed: seed)
    self.header = header
  }

  /// - Returns: how often each status came; 0 for no answer.
  mutating func run(_ count: UInt64, on path: String) throws -> [Int: Int] {
    var statuses: [Int: Int] = [:]
    for _ in 0..<count {
      let bytes = mutated(Array(request().utf8))
      let caller: ClientSocket
      do {
        caller = try ClientSocket(path: path, limit: .seconds(20))
      } catch {
        // The queue is full for a moment.
        usleep(1000)
        continue
      }
      let status = meet(caller, bytes)
      if let status { statuses[status, default: 0] += 1 }
    }
    return statuses
  }

  /// One way to treat a connection.
  private mutating func meet(_ caller: ClientSocket, _ bytes: [UInt8]) -> Int? {
    switch Int.random(in: 0..<12, using: &random) {
    case 0...4: Self.send(bytes, on: caller)
    case 5:
      let cut = Int.random(in: 0...bytes.count, using: &random)
      Self.send(Array(bytes[..<cut]), on: caller)
      Self.send(Array(bytes[cut...]), on: caller)
    case 6:
      Self.send(bytes, on: caller)
      shutdown(caller.descriptor, Int32(SHUT_RD))
    case 7:
      Self.send(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))), on: caller)
      shutdown(caller.descriptor, Int32(SHUT_RDWR))
    case 8:
      Self.send(bytes, on: caller)
      if held.count >= 40 { held.remove(at: Int.random(in: held.indices, using: &random)) }
      held.append(caller)
    default:
      Self.send(bytes, on: caller)
      shutdown(caller.descriptor, Int32(SHUT_WR))
      return Self.status(of: caller)
    }
    return nil
  }

  private static func send(_ bytes: [UInt8], on caller: ClientSocket) {
    _ = bytes.withUnsafeBytes {
      Glibc.send(caller.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
  }

  /// What comes first is a status line, or nothing. A stream of events isn't read to its end.
  private static func status(of caller: ClientSocket) -> Int {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = recv(caller.descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return 0 }
    let line = String(decoding: buffer[..<count], as: UTF8.self)
    return line.hasPrefix("HTTP/1.1 ") ? Int(line.dropFirst(9).prefix(3)) ?? -1 : -1
  }

  // MARK: - Requests

  private mutating func pick<Element>(_ list: [Element]) -> Element {
    list[Int.random(in: list.indices, using: &random)]
  }

  private mutating func request() -> String {
    let profile = "/v1/profiles/" + pick(["default", "default", "default", "other", "", "%00", "d%65fault"])
    let target = pick([
      "/v1/profiles", profile, "\(profile)/header", "\(profile)/header?min_valid=59m",
      "\(profile)/header?min_valid=%39%39h", "\(profile)/authorization",
      "\(profile)/authorization?min_valid=1h",
      "\(profile)/events", "\(profile)/refresh", "\(profile)/rejected", "/livez", "/readyz", "/metrics", "/",
      "*",
      "http://localhost/livez", "http://evil.com/metrics", "localhost:80", "//", "/%",
      "/v1/profiles/../livez",
    ])
    let method = pick([
      "GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS", "TRACE", "PRI", "x",
    ])
    let version = pick([
      "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "",
    ])
    var lines = ["\(method) \(target) \(version)"]
    for _ in 0..<Int.random(in: 0...4, using: &random) { lines.append(field()) }
    if Int.random(in: 0..<8, using: &random) > 0 { lines.append("Host: localhost") }
    let body = pick(["", "", "JWT x", header, String(repeating: "x", count: 3000), "5\r\nJWT x\r\n0\r\n\r\n"])
    if !body.isEmpty {
      lines.append(
        pick(["Content-Length: \(body.utf8.count)", "Transfer-Encoding: chunked", "Content-Length: 70000"]))
    }
    let end = pick(["\r\n", "\r\n", "\r\n", "\n", "\r"])
    let one = (lines + ["", ""]).joined(separator: end) + body
    return String(repeating: one, count: pick([1, 1, 1, 1, 2, 20]))
  }

  private mutating func field() -> String {
    pick([
      "Expect: 100-continue", "Connection: close", "Connection: keep-alive, Upgrade", "Upgrade: h2c",
      "Last-Event-ID: x-99999999999999999999", "Accept: text/plain", "Origin: http://x",
      "Sec-Fetch-Site: none",
      "Host: evil.com", "Host:", "Content-Length: 0", "Content-Length: 99999999999999999999",
      "Content-Length: -1",
      "Transfer-Encoding: gzip, chunked", "Trailer: X", "X: " + String(repeating: "y", count: 4000),
      " folded",
      "X\u{0}: y", "X: \u{e9}\u{202e}", ": empty", "no colon", "Range: bytes=0-1", "Authorization: JWT x",
    ])
  }

  private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    guard Int.random(in: 0..<3, using: &random) > 0 else { return bytes }
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: bytes[place...].prefix(30), at: place)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }
}
