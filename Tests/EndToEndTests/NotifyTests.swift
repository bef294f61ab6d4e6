import Glibc
import Testing

@Suite("What the service manager is told", .turnstile)
struct NotifyTests {
  let bench: Bench
  let manager: NotifySocket

  init() throws {
    bench = try Bench()
    manager = try NotifySocket(path: "\(bench.folder)/notify")
  }

  private func daemon(
    environment: [String: String] = [:], wrapper: [String] = []
  ) throws -> Daemon {
    let variables = ["NOTIFY_SOCKET": manager.path].merging(environment) { $1 }
    return try bench.daemon(environment: variables, wrapper: wrapper)
  }

  @Test("READY=1 comes with the first token, not before, and once; STOPPING=1 at the end")
  func ready() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":1}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try daemon()
    let began = monotonic()
    try await eventually("READY=1") { !manager.messages(with: "READY=1").isEmpty }
    let ready = manager.messages(with: "READY=1")[0]
    #expect(ready.at - began > 0.9)
    #expect(try await Reader.read(bench.socket).count > 100)
    let status = try #require(manager.newest("STATUS"))
    #expect(status.contains("default: valid until 20") && status.contains("next refresh at 20"))

    #expect(try await daemon.stop() == .exited(0))
    try await eventually("STOPPING=1") { !manager.messages(with: "STOPPING=1").isEmpty }
    #expect(manager.messages(with: "READY=1").count == 1)
    #expect(manager.messages.allSatisfy { !$0.text.contains("JWT") && !$0.text.contains(Bench.secret) })
  }

  @Test("while the service is down: more time, and a STATUS= that says why; no READY=1")
  func down() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"status":500}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try daemon()
    try await eventually("more time", within: .seconds(6)) {
      manager.messages(with: "EXTEND_TIMEOUT_USEC=").count >= 2
    }
    let asked = manager.messages(with: "EXTEND_TIMEOUT_USEC=")
    #expect(asked[1].at - asked[0].at < 10)
    let text = try #require(manager.newest("EXTEND_TIMEOUT_USEC"))
    let extra = try #require(Int(text), "systemd takes whole microseconds only, not \(text)")
    #expect(extra >= 10_000_000, "far longer than the time between two such messages")
    #expect(manager.newest("STATUS")?.contains("HTTP 500") == true)
    #expect(manager.messages(with: "READY=1").isEmpty)

    try simulator.clearFaults()
    try await eventually("READY=1") { !manager.messages(with: "READY=1").isEmpty }
    #expect(daemon.process.poll() == nil)
  }

  @Test("when every profile is refused: a STATUS= that says why, STOPPING=1, and never READY=1")
  func refused() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"status":403}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try daemon()
    #expect(try await daemon.process.ended() == .exited(77))
    try await eventually("STOPPING=1") { !manager.messages(with: "STOPPING=1").isEmpty }
    let status = try #require(manager.newest("STATUS"))
    #expect(status.contains("HTTP 403"))
    #expect(!status.contains("next") && !status.contains("trying"), "it has given up, so nothing comes next")
    #expect(manager.messages(with: "READY=1").isEmpty)
  }

  @Test("a configuration that can't be used is in STATUS= as well")
  func configuration() async throws {
    try bench.configure("[profiles.default]\nclient_id = 7\n")
    let daemon = try daemon()
    #expect(try await daemon.process.ended() == .exited(78))
    try await eventually("the status") {
      manager.newest("STATUS")?.contains("config.toml: profiles.default.") == true
    }
  }

  @Test("RELOADING=1 with the time, then READY=1; a refused reload is in STATUS= until one succeeds")
  func reload() async throws {
    let simulator = try await bench.simulator()
    let good = bench.profile(at: simulator.port)
    try bench.configure(good)
    let daemon = try daemon()
    try await eventually("READY=1") { !manager.messages(with: "READY=1").isEmpty }

    try bench.configure(good + "[nonsense]\n")
    let before = monotonic()
    daemon.process.send(SIGHUP)
    try await eventually("another READY=1") { manager.messages(with: "READY=1").count == 2 }
    let reloading = try #require(manager.messages(with: "RELOADING=1").first)
    let microseconds = try #require(manager.newest("MONOTONIC_USEC").flatMap(Double.init))
    #expect((before...monotonic()).contains(microseconds / 1e6))
    #expect(reloading.lines.contains { $0.hasPrefix("MONOTONIC_USEC=") }, "in one message")
    #expect(manager.newest("STATUS")?.contains("reload refused: config.toml: nonsense") == true)

    try bench.configure(good)
    daemon.process.send(SIGHUP)
    try await eventually("another READY=1") { manager.messages(with: "READY=1").count == 3 }
    #expect(manager.newest("STATUS")?.contains("reload refused") == false)
    let order = manager.messages.flatMap(\.lines).filter { $0 == "READY=1" || $0 == "RELOADING=1" }
    #expect(order == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1"])
  }

  @Test("WATCHDOG=1 often enough where somebody watches, from the start; never where nobody does")
  func watchdog() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":2}"#)
    try bench.configure(bench.profile(at: simulator.port))
    // As systemd sets it: the id is the daemon's own, which the shell's becomes.
    let watched = ["/bin/sh", "-c", #"export WATCHDOG_PID=$$; exec "$0" "$@""#]
    _ = try daemon(environment: ["WATCHDOG_USEC": "1000000"], wrapper: watched)
    try await eventually("ten signs of life", within: .seconds(8)) {
      manager.messages(with: "WATCHDOG=1").count >= 10
    }
    let times = manager.messages(with: "WATCHDOG=1").map(\.at)
    let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(pauses.allSatisfy { $0 < 0.8 }, "of \(pauses)")
    #expect(pauses.allSatisfy { $0 > 0.1 }, "of \(pauses)")
  }

  @Test("no WATCHDOG=1 where WATCHDOG_PID is another process")
  func notWatched() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    _ = try daemon(environment: ["WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"])
    try await eventually("READY=1") { !manager.messages(with: "READY=1").isEmpty }
    try await throughout(.milliseconds(2500), every: .milliseconds(500)) {
      #expect(manager.messages(with: "WATCHDOG=1").isEmpty)
    }
  }
}
