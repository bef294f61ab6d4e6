import Glibc
import Testing

@Suite("A secret that is replaced", .turnstile)
struct RotationTests {
  private static let newSecret = "s3cret-AFTER-the-rotation-2280"
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("brings a new token within seconds, without a reload, though the old one was refused")
  func rotated() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let old = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    try simulator.change(secret: Self.newSecret)
    daemon.process.send(SIGUSR1)
    try await daemon.logs("AssetIT refused the client ID or secret (HTTP 401)")
    #expect(try await Reader.header(bench.socket) == old, "the old token is good until its end")

    try Files.write(Self.newSecret + "\n", to: bench.secretPath)
    try await daemon.logs("the client ID or secret has changed", within: .seconds(5))
    let new = try await eventually("another token", within: .seconds(3)) {
      let header = try await Reader.header(bench.socket)
      return header == old ? nil : header
    }
    #expect(try simulator.accepts(new.text))
    #expect(try simulator.requests().map(\.status) == [200, 401, 200])
  }

  @Test("in place, byte by byte, is waited for until it is whole; the same secret again means nothing")
  func inPlace() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")

    try Files.write("", to: bench.secretPath)
    try await Task.sleep(for: .milliseconds(2500))
    try Files.write(Bench.secret, to: bench.secretPath)
    try await throughout(.milliseconds(4500), every: .milliseconds(200)) {
      let requests = try simulator.requests()
      #expect(requests.count == 1)
    }
    #expect(daemon.lines(with: "has changed").isEmpty)
  }

  @Test("before the daemon is ready is picked up too")
  func beforeReady() async throws {
    let simulator = try await bench.simulator()
    let broken = try await bench.simulator(port: 0, "broken")
    try broken.set(faults: #"{"status":500}"#)
    try simulator.change(secret: Self.newSecret)
    try bench.configure(bench.profile(at: simulator.port) + bench.profile("other", at: broken.port))
    let daemon = try bench.daemon()
    try await daemon.logs("default: AssetIT refused the client ID or secret (HTTP 401)")
    try Files.write(Self.newSecret, to: bench.secretPath)
    let header = try await Reader.firstHeader(bench.socket, within: .seconds(6))
    #expect(try simulator.accepts(header.text))
    try await daemon.logs("ready: 1 of 2 profiles have a valid token")
  }

  @Test("so is a configuration, since systemd reloads no unit that is still starting")
  func configurationBeforeReady() async throws {
    let broken = try await bench.simulator()
    try broken.set(faults: #"{"status":500}"#)
    let good = try await bench.simulator(port: 0, "good")
    try bench.configure(bench.profile(at: broken.port))
    let daemon = try bench.daemon()
    try await daemon.logs("attempt 1 failed")
    try bench.configure(bench.profile(at: good.port))
    let header = try await Reader.firstHeader(bench.socket, within: .seconds(6))
    #expect(try good.accepts(header.text))
    try await daemon.logs("configuration reloaded; changed: default")
  }
}
