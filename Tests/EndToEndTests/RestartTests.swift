import Glibc
import Testing

@Suite("After a daemon that was killed, and beside one that lives", .turnstile)
struct RestartTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("the socket that it left is replaced, its header file removed at once, even with the service down")
  func killed() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "0s""#))
    let first = try bench.daemon(as: "first")
    let header = try await Reader.firstHeader(bench.socket)
    try await bench.fileHolds(header)
    first.process.send(SIGKILL)
    #expect(try await first.process.ended() == .killed(SIGKILL))
    #expect(bench.outlets == ["default.header", "default.sock"])

    try simulator.set(faults: #"{"status":500}"#)
    let second = try bench.daemon(as: "second")
    try await second.logs("attempt 1 failed")
    #expect(bench.outlets == ["default.sock"])
    #expect(try await Reader.read(bench.socket) == [])

    try simulator.clearFaults()
    let new = try await Reader.firstHeader(bench.socket)
    #expect(new != header)
    try await bench.fileHolds(new)
  }

  @Test("a second daemon on the same paths refuses and says why; the first goes on")
  func second() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let first = try bench.daemon(as: "first")
    let header = try await Reader.firstHeader(bench.socket)
    try await bench.fileHolds(header)
    let second = try bench.daemon(as: "second")
    #expect(try await second.process.ended() == .exited(69))
    #expect(!second.lines(with: "\(bench.socket), which another process serves already").isEmpty)
    #expect(try await Reader.header(bench.socket) == header)
    #expect(Files.text(bench.file) == header.text)
    #expect(try simulator.requests().count == 1)
    #expect(try await first.stop() == .exited(0))
  }

  @Test("something else at the socket's path is left alone")
  func foreign() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    try Files.write("mine", to: bench.socket)
    let daemon = try bench.daemon()
    #expect(try await daemon.process.ended() == .exited(69))
    #expect(!daemon.lines(with: "\(bench.socket), which is no socket").isEmpty)
    #expect(Files.text(bench.socket) == "mine")
    #expect(try simulator.requests().isEmpty)
  }
}
