import Glibc
import Testing

@Suite("Readers that come before the first token", .turnstile)
struct WaitingReaderTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("wait, and get it as soon as it is there")
  func waiting() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":1.5}"#)
    try bench.configure(bench.profile(at: simulator.port))
    _ = try bench.daemon()
    try await bench.listens()
    let began = monotonic()
    async let first = Reader.header(bench.socket)
    async let second = Reader.header(bench.socket)
    #expect(!Files.exists(bench.file))
    let header = try await first
    #expect(try await second == header)
    #expect((0.5...6).contains(monotonic() - began))
    try await bench.fileHolds(header)
  }

  @Test("get the end without a byte once `wait` is over, and there is no file either")
  func nothing() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"status":500}"#)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "1s""#))
    let daemon = try bench.daemon()
    try await daemon.logs("attempt 1 failed")
    let began = monotonic()
    #expect(try await Reader.read(bench.socket) == [])
    #expect((0.95...4).contains(monotonic() - began))
    #expect(bench.outlets == ["default.sock"])
  }

  @Test("get the end at once with `wait` of nothing")
  func noWait() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"hang":true}"#)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "0s""#))
    _ = try bench.daemon()
    try await bench.listens()
    let began = monotonic()
    #expect(try await Reader.read(bench.socket) == [])
    #expect(monotonic() - began < 0.9)
  }
}
