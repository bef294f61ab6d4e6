import TestSupport
import Testing

@Suite("What can't be printed is a failure", .turnstile)
struct OutputFailureTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func run(_ command: String) async throws -> (ending: ChildProcess.Ending, error: String) {
    let name = "run-\(UInt32.random(in: 0...UInt32.max))"
    let process = try bench.start(
      "/bin/bash", ["-c", command],
      environment: [
        "RUNTIME_DIRECTORY": bench.runtime, "client": BuiltProgram.client.path,
        "daemon": BuiltProgram.daemon.path, "config": bench.configurationPath,
      ], as: name)
    let ending = try await process.ended(within: .seconds(20))
    return (ending, Files.text("\(bench.folder)/\(name).err"))
  }

  @Test(
    "74 and a sentence for every command of both programs: a full disk, and a standard output that is closed",
    arguments: [">/dev/full", ">&-", ">&- <&-"])
  func everyCommand(redirection: String) async throws {
    _ = try await bench.ready()
    for command in [
      #""$daemon" check -c "$config""#, #""$daemon" fetch -c "$config""#, #""$daemon" --version"#,
      #""$daemon" --help"#, #""$daemon" help fetch"#, #""$daemon" --generate-completion-script bash"#,
      #""$client" header"#, #""$client" header --format json"#, #""$client" status"#,
      #""$client" status --json"#,
      #""$client" status --watch"#, #""$client" status --names"#, #""$client" refresh"#, #""$client" watch"#,
      #""$client" doctor -c "$config""#, #""$client" --version"#, #""$client" --help"#,
      #""$client" curl -- -sS "file://$config""#,
    ] {
      let result = try await run("\(command) \(redirection)")
      #expect(result.ending == .exited(74), "\(command) \(redirection): \(result)")
      #expect(
        result.error.contains("cannot write to standard output"), "\(command) \(redirection): \(result)")
    }
  }

  @Test("a closed standard error or input is no failure, and nothing else takes its place")
  func otherStreams() async throws {
    _ = try await bench.ready()
    for redirection in ["2>&-", "<&-", "<&- 2>&-"] {
      let result = try await run(#"[[ $("$client" header \#(redirection)) == "JWT "* ]]"#)
      #expect(result.ending == .exited(0), "\(redirection): \(result)")
    }
  }
}
