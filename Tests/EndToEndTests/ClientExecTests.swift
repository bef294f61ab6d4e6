import Glibc
import Testing

@Suite("assetit-token exec and curl", .turnstile)
struct ClientExecTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func lines(_ name: String) -> [String] {
    Files.text("\(bench.folder)/\(name).out").split(separator: "\n").map(String.init)
  }

  @Test(
    "the command has the header in its environment, and ends it as it ends",
    arguments: [[], ["--on-refresh", "restart"]])
  func exec(options: [String]) async throws {
    let (_, _, header) = try await bench.ready()
    func run(_ script: String) async throws -> ClientRun {
      try await bench.client(["exec"] + options + ["--", "sh", "-c", script])
    }
    let result = try await run(#"echo "$ASSETIT_AUTHORIZATION"; exit 7"#)
    #expect(result.ending == .exited(7) && result.output == header.text + "\n")
    let killed = try await run("kill -KILL $$")
    #expect(killed.ending == (options.isEmpty ? .killed(SIGKILL) : .exited(137)))
    let mask = try await run("exec grep SigBlk /proc/self/status")
    #expect(mask.output == "SigBlk:\t0000000000000000\n", "a command must hear its signals")
    let missing = try await bench.client(["exec"] + options + ["--", "/nonexistent"])
    #expect(missing.ending == .exited(127) && missing.error.contains("there is no command /nonexistent"))
    #expect(try await bench.client(["exec"] + options + ["--", "/etc/passwd"]).ending == .exited(126))
  }

  @Test("restart: with each new header the command is ended and starts again")
  func restart() async throws {
    let (_, _, first) = try await bench.ready()
    let script =
      #"echo "$ASSETIT_AUTHORIZATION"; trap "echo term; exit 0" TERM; while :; do sleep 0.05; done"#
    let exec = try bench.startClient(
      ["exec", "--on-refresh", "restart", "--", "sh", "-c", script], as: "exec")
    try await eventually("the command") { lines("exec").count == 1 }
    _ = try await bench.client(["refresh"])
    try await eventually("the command again") { lines("exec").count == 3 }
    let second = try await Reader.header(bench.socket)
    #expect(lines("exec") == [first.text, "term", second.text] && first != second)
    exec.send(SIGTERM)
    #expect(try await exec.ended() == .exited(0))
    #expect(lines("exec").last == "term", "forwarded, and not started again")
  }

  @Test("signal: a new header is told by the signal, and other signals go on to the command")
  func signal() async throws {
    _ = try await bench.ready()
    let script = #"trap "echo hup" HUP; trap "echo usr1" USR1; echo up; while :; do sleep 0.05; done"#
    let exec = try bench.startClient(
      ["exec", "--on-refresh", "signal=HUP", "--", "sh", "-c", script], as: "exec")
    try await eventually("the command") { lines("exec") == ["up"] }
    _ = try await bench.client(["refresh"])
    try await eventually("the signal") { lines("exec") == ["up", "hup"] }
    exec.send(SIGUSR1)
    try await eventually("the other signal") { lines("exec") == ["up", "hup", "usr1"] }
    exec.send(SIGINT)
    #expect(try await exec.ended() == .exited(128 + SIGINT))
  }

  @Test("the command outlives the daemon, and hears of the next one's header")
  func daemonGone() async throws {
    let (_, daemon, first) = try await bench.ready()
    let script = #"echo "$ASSETIT_AUTHORIZATION"; exec sleep 60"#
    let exec = try bench.startClient(
      ["exec", "--on-refresh", "restart", "--", "sh", "-c", script], as: "exec")
    try await eventually("the command") { lines("exec") == [first.text] }
    _ = try await daemon.stop()
    try await eventually("a message") { Files.text("\(bench.folder)/exec.err").contains("assetit-token: ") }
    #expect(exec.poll() == nil)
    _ = try bench.daemon(as: "daemon2")
    try await eventually("the command with the next header") { lines("exec").count == 2 }
    #expect(lines("exec")[0] != lines("exec")[1])
    exec.send(SIGTERM)
    #expect(try await exec.ended() == .exited(143))
  }

  @Test("curl gets the header without an argument, an environment variable or a file that holds it")
  func curlSecrecy() async throws {
    let (simulator, _, header) = try await bench.ready()
    let url = "http://127.0.0.1:\(simulator.port)/api/assets"
    // A curl that tells of itself before it becomes the real one.
    try Files.write(
      "#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ | tr '\\0' '\\n' >&2\nexec /usr/bin/curl \"$@\"\n",
      to: "\(bench.folder)/curl", mode: 0o755)
    let result = try await bench.client(
      ["curl", "--", "-sS", url], environment: ["PATH": "\(bench.folder):/usr/bin:/bin"])
    #expect(result.ending == .exited(0) && result.output.hasPrefix("[{"), "\(result.output)")
    #expect(result.error.contains("@/dev/fd/") && !result.error.contains(header.token))
  }

  @Test("after a 401 curl runs once more with the new header, and only its output is seen")
  func curlRefused() async throws {
    let (simulator, _, header) = try await bench.ready()
    try simulator.forgetRequests()
    try simulator.revoke()
    let url = "http://127.0.0.1:\(simulator.port)/api/assets"
    let result = try await bench.client(["curl", "--", "-sS", "-i", url])
    #expect(result.ending == .exited(0))
    #expect(result.output.hasPrefix("HTTP/1.1 200") && !result.output.contains("401"), "\(result.output)")
    #expect(try simulator.requests().count == 1)
    #expect(try await Reader.header(bench.socket) != header)
    #expect(try await bench.client(["curl", "--", "-fsS", url + "/none"]).ending == .exited(22))
  }

  @Test("a refusal that no new token ends is shown once, as curl has it")
  func curlAlwaysRefused() async throws {
    let (simulator, _, _) = try await bench.ready()
    try simulator.revoke()
    try simulator.set(faults: #"{"status":503}"#)
    let url = "http://127.0.0.1:\(simulator.port)/api/assets"
    let result = try await bench.client(["curl", "--", "-sS", "-w", "%{http_code}", url])
    #expect(result.ending == .exited(75))
    #expect(result.output.hasSuffix("401") && result.output.ranges(of: "error").count == 1)
    #expect(
      result.error.contains("AssetIT answered 401") && result.error.contains("not repeated: run it again"))
  }
}

extension Simulator {
  /// Takes every token back that it gave.
  func revoke() throws {
    let answer = try HTTP.send("POST", "/_sim/revoke", port: port)
    try #require(200..<300 ~= answer.status)
  }
}
