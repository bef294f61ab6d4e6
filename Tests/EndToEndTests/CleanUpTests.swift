import Glibc
import TestSupport
import Testing

@Suite("After a kill", .turnstile)
struct CleanUpTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func running() async throws -> (Simulator, Daemon, Header) {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    try await bench.fileHolds(header)
    return (simulator, daemon, header)
  }

  private func cleanUp(result: String, as name: String) async throws -> (ChildProcess.Ending, String) {
    let process = try bench.start(
      BuiltProgram.daemon.path, ["clean-up"],
      environment: ["RUNTIME_DIRECTORY": bench.runtime, "SERVICE_RESULT": result], as: name)
    return (try await process.ended(), Files.text("\(bench.folder)/\(name).err"))
  }

  @Test("clean-up removes the header files of a killed daemon, says so, and leaves everything else")
  func killed() async throws {
    let (_, daemon, _) = try await running()
    try Files.write("an operator's", to: bench.path("other"))
    daemon.process.send(SIGKILL)
    #expect(try await daemon.process.ended() == .killed(SIGKILL))
    #expect(Files.exists(bench.file))
    let (ending, said) = try await cleanUp(result: "signal", as: "clean-up")
    #expect(ending == .exited(0))
    #expect(said.contains("removed the header files that it left: \(bench.file)"))
    #expect(!Files.exists(bench.file))
    #expect(bench.outlets == ["default.sock", "other"])
  }

  @Test("clean-up touches nothing while a daemon lives, whatever systemd says, and nothing after a clean end")
  func nothing() async throws {
    let (_, daemon, header) = try await running()
    let (ending, said) = try await cleanUp(result: "signal", as: "first")
    #expect(ending == .exited(0) && said.isEmpty)
    #expect(Files.text(bench.file) == header.text)
    daemon.process.send(SIGKILL)
    _ = try await daemon.process.ended()
    let (second, quiet) = try await cleanUp(result: "success", as: "second")
    #expect(second == .exited(0) && quiet.isEmpty)
    #expect(Files.text(bench.file) == header.text)
  }

  @Test("The next daemon removes what a killed one left of a profile that it doesn't have")
  func next() async throws {
    let (simulator, daemon, _) = try await running()
    daemon.process.send(SIGKILL)
    _ = try await daemon.process.ended()
    try bench.configure(bench.profile("other", at: simulator.port))
    let other = try bench.daemon(as: "other")
    try await other.logs("ready: ")
    try await eventually("the removal") { !Files.exists(bench.file) }
  }
}
