import Glibc
import TestSupport
import Testing

@Suite(
  "Crowds of readers", .turnstile, .serialized,
  .enabled(if: DescriptorLimit.isHigh, "\(DescriptorLimit.remedy)")
)
struct CrowdTests {
  private static let crowd = 3_000
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// Connects over and over; nobody reads and nobody closes, until the result is let go.
  private func connect(_ count: Int, to path: String) async throws -> [ClientSocket] {
    try await onThread { try (0..<count).map { _ in try ClientSocket(path: path) } }
  }

  @Test(
    "3,000 who neither read nor close delay no other reader and no refresh, and no descriptor is kept",
    .seesDescriptors)
  func idle() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let first = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let descriptors = daemon.descriptorCount

    async let others = connect(Self.crowd, to: bench.socket)
    var slowest = 0.0
    for _ in 0..<20 {
      let began = monotonic()
      _ = try await Reader.header(bench.socket)
      slowest = max(slowest, monotonic() - began)
    }
    daemon.process.send(SIGUSR1)
    try await daemon.logs("new token", times: 2, within: .seconds(2))
    #expect(slowest < 1, "seconds for the slowest of those who read")
    let crowd = try await others
    // The header file that was replaced is held until its token's end.
    try await eventually("as many descriptors as before (\(descriptors))") {
      daemon.descriptorCount <= descriptors + 1
    }
    #expect(try await Reader.header(bench.socket) != first)
    let answers = try await onThread { try crowd.map { try Header($0.readToEnd()).token } }
    #expect(answers.count == Self.crowd && Set(answers).count <= 2, "each of them was answered")
  }

  @Test(
    "3,000 who wait for the first token delay no reader of another profile, and all get theirs",
    .seesDescriptors)
  func waiting() async throws {
    let simulator = try await bench.simulator()
    let down = try await bench.simulator(port: 0, "down")
    try down.set(faults: #"{"status":500}"#)
    let waiting = bench.path("waiting.sock")
    try bench.configure(
      bench.profile(at: simulator.port, refresh: #"at = 0.1"#)
        + bench.profile("waiting", at: down.port, socket: #"wait = "1min""#))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("waiting: ")
    let descriptors = daemon.descriptorCount

    var crowd = try await connect(Self.crowd, to: waiting)
    try await eventually("all of them wait") { daemon.descriptorCount >= Self.crowd }
    let began = monotonic()
    _ = try await Reader.header(bench.socket)
    #expect(monotonic() - began < 1)
    // Those that go away while they wait are forgotten.
    crowd.removeLast(1_000)
    try await eventually("only 2,000 wait") { daemon.descriptorCount < descriptors + 2_050 }

    try down.clearFaults()
    let rest = crowd
    crowd = []
    let tokens = try await onThread { try rest.map { try Header($0.readToEnd()).token } }
    #expect(tokens.count == 2_000 && Set(tokens).count == 1)
    try await eventually("as many descriptors as before (\(descriptors))") {
      daemon.descriptorCount <= descriptors
    }
  }

  @Test(
    "of those who wait, only so many may be one user's; those beyond get the end at once, and one log line")
  func tooMany() async throws {
    let simulator = try await bench.simulator()
    let down = try await bench.simulator(port: 0, "down")
    try down.set(faults: #"{"status":500}"#)
    let waiting = bench.path("waiting.sock")
    try bench.configure(
      bench.profile(at: simulator.port) + bench.profile("waiting", at: down.port, socket: #"wait = "1min""#))
    let limited = ["/bin/sh", "-c", #"ulimit -n 200; exec "$0" "$@""#]
    let daemon = try bench.daemon(wrapper: limited)
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("waiting: ")

    // A part of the 200 may wait, and half of that be one user's.
    let crowd = try await connect(80, to: waiting)
    let turnedAway = try await onThread { try crowd[28...].map { try $0.readToEnd() } }
    #expect(turnedAway.allSatisfy { $0.isEmpty })
    _ = try await Reader.header(bench.socket)
    try await daemon.logs("too many (of 55) wait for a token already")
    #expect(daemon.lines(with: "too many (of 55) wait for a token already").count == 1)

    try down.clearFaults()
    let answers = try await onThread { try crowd[..<27].map { try Header($0.readToEnd()).token } }
    #expect(answers.count == 27 && Set(answers).count == 1)
  }

  @Test(
    "with no descriptor left a reader is turned away, the others are answered, and the log says it once",
    .seesDescriptors)
  func noDescriptors() async throws {
    let simulator = try await bench.simulator()
    let down = try await bench.simulator(port: 0, "down")
    try down.set(faults: #"{"status":429,"retry_after":2}"#)
    let waiting = bench.path("waiting.sock")
    try bench.configure(
      bench.profile(at: simulator.port) + bench.profile("waiting", at: down.port, socket: #"wait = "1min""#))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try await bench.limitDescriptors(of: daemon, free: 3)

    let crowd = try await connect(3, to: waiting)
    try await eventually("nobody else is answered") { try await Reader.read(bench.socket) == [] }
    for _ in 0..<20 {
      let began = monotonic()
      let bytes = try await Reader.read(bench.socket)
      #expect(bytes == [] && monotonic() - began < 1)
    }
    // Those who wait hold what a request would need; in earnest only half of all may.
    try await bench.limitDescriptors(of: daemon, free: 10)
    try down.clearFaults()
    let answers = try await onThread { try crowd.map { try Header($0.readToEnd()).token } }
    #expect(Set(answers).count == 1)
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("raise LimitNOFILE")
    #expect(daemon.lines(with: "raise LimitNOFILE, or look who holds so many connections").count == 1)
    #expect(daemon.process.poll() == nil)
  }

  @Test("a reader that closes its writing half, or writes before it reads, gets the header all the same")
  func talkative() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":1}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    try await bench.listens()
    let half = try ClientSocket(path: bench.socket)
    shutdown(half.descriptor, Int32(SHUT_WR))
    let talkative = try ClientSocket(path: bench.socket)
    try talkative.send("GET / HTTP/1.1\r\n\r\n")
    try await daemon.logs("ready: ")
    #expect(try Header(half.readToEnd()).token.count > 100)
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(talkative.descriptor, &buffer, buffer.count, 0)
    #expect(try Header(Array(buffer.prefix(count))).token.count > 100)
  }
}
