import Glibc
import TestSupport
import Testing

@Suite("assetit-token setup", .turnstile)
struct SetupTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
    mkdir(etc, 0o755)
  }

  private var etc: String { "\(bench.folder)/etc" }
  private var configuration: String { "\(etc)/config.toml" }
  private var secret: String { "\(etc)/secrets/default" }

  private struct Run {
    let ending: ChildProcess.Ending
    let output: String
    let error: String
  }

  /// Runs a shell's command line with `$daemon`, `$url` and `$config`.
  private func start(_ script: String, port: Int, _ environment: [String: String] = [:]) throws -> (
    ChildProcess, String
  ) {
    let name = "run-\(UInt32.random(in: 0...UInt32.max))"
    let process = try bench.start(
      "/bin/bash", ["-c", script],
      environment: [
        "RUNTIME_DIRECTORY": bench.runtime, "daemon": BuiltProgram.daemon.path,
        "client": BuiltProgram.client.path, "config": configuration,
        "url": "http://127.0.0.1:\(port)", "secret": Bench.secret,
      ].merging(environment) { $1 }, as: name)
    return (process, name)
  }

  private func run(_ script: String, port: Int, within limit: Duration = .seconds(30)) async throws -> Run {
    let (process, name) = try start(script, port: port)
    return try await result(process, name, within: limit)
  }

  private func result(_ process: ChildProcess, _ name: String, within limit: Duration = .seconds(30))
    async throws -> Run
  {
    let ending = try await process.ended(within: limit)
    return Run(
      ending: ending, output: Files.text("\(bench.folder)/\(name).out"),
      error: Files.text("\(bench.folder)/\(name).err"))
  }

  /// The command for automation.
  private let setup =
    #"printf '%s\n' "$secret" | "$client" setup -c "$config" --base-url "$url" --client-id demo-client"#

  @Test("From nothing to a configuration that the daemon runs with, owned as it should be")
  func fromNothing() async throws {
    let simulator = try await bench.simulator()
    let result = try await run(setup, port: simulator.port)
    #expect(result.ending == .exited(0), "\(result)")
    #expect(result.output.contains("AssetIT takes them: a token that lives"))
    #expect(try Files.read(secret) == Array((Bench.secret + "\n").utf8))
    #expect(try Files.status(secret).st_mode & 0o7777 == 0o600)
    #expect(try Files.status("\(etc)/secrets").st_mode & 0o7777 == 0o700)
    #expect(!(result.output + result.error + Files.text(configuration)).contains(Bench.secret))
    let header = try await run(#""$daemon" fetch -c "$config""#, port: simulator.port)
    #expect(header.output.hasPrefix("JWT "))
  }

  @Test("What is there stays, comments included, and a second profile is added")
  func added() async throws {
    let simulator = try await bench.simulator()
    let old = "# mine\n" + bench.profile("other", at: simulator.port) + "# the end"
    try Files.write(old, to: configuration, mode: 0o604)
    let result = try await run(setup, port: simulator.port)
    #expect(result.ending == .exited(0), "\(result)")
    #expect(Files.text(configuration).hasPrefix(old + "\n"))
    #expect(try Files.status(configuration).st_mode & 0o7777 == 0o604)
    let check = try await run(#""$daemon" check -c "$config""#, port: simulator.port)
    #expect(check.output.contains("profile default") && check.output.contains("profile other"))
  }

  @Test(
    "Each failure has its exit code, says why, and nothing is written",
    arguments: [
      (
        #"echo wrong | "$client" setup -c "$config" --base-url "$url" --client-id demo-client"#, 77, "refused"
      ),
      (
        #"echo "$secret" | "$client" setup -c "$config" --base-url http://127.0.0.1:1 --client-id demo-client"#,
        69,
        "no connection"
      ),
      (
        #"echo "$secret" | "$client" setup -c "$config" --base-url "$url" --client-id demo-client --api token_pointer=/no"#,
        76, "no token at /no"
      ),
      (
        #""$client" setup -c "$config" </dev/null"#, 64,
        "there is no terminal to ask at: give --base-url or --region and"
      ),
      (
        #""$client" setup -c "$config" --base-url "$url" --client-id x </dev/null"#, 64,
        "standard input is empty"
      ),
      (
        #"printf 'a\nb' | "$client" setup -c "$config" --base-url "$url" --client-id x"#, 64,
        "line break or another control character"
      ),
      (#"echo x | "$client" setup -c "$config" --region EU --client-id x"#, 78, "there is no region"),
      (
        #"echo x | "$client" setup -c "$config" --base-url ftp://x --client-id x"#, 78,
        "must begin with https://"
      ),
      (
        #"echo x | "$client" setup ../x -c "$config" --base-url "$url" --client-id x"#, 64, "a profile's name"
      ),
      (#"echo x | "$client" setup -c "$config" --base-url "$url" --region EU --client-id x"#, 64, "not both"),
      (#"echo x | "$client" setup -c "$config" --base-url "$url" --client-id x --api nope=1"#, 78, "nope"),
    ] as [(String, Int32, String)])
  func failures(script: String, code: Int32, text: String) async throws {
    let simulator = try await bench.simulator()
    let result = try await run(script, port: simulator.port)
    #expect(result.ending == .exited(code), "\(result)")
    #expect(result.error.contains(text), "\(result)")
    #expect(!result.error.contains(Bench.secret))
    #expect(Files.names(in: etc) == [])
  }

  @Test(
    "A profile that exists is shown and refused; so is another secret in its place, unless it may be replaced"
  )
  func refused() async throws {
    let simulator = try await bench.simulator()
    try Files.write(bench.profile(at: simulator.port), to: configuration)
    let known = try await run(setup, port: simulator.port)
    #expect(known.ending == .exited(78) && known.error.contains("authenticates at"), "\(known)")
    #expect(Files.text(configuration) == bench.profile(at: simulator.port))
    unlink(configuration)
    mkdir("\(etc)/secrets", 0o700)
    try Files.write("another\n", to: secret)
    let other = try await run(setup, port: simulator.port)
    #expect(other.ending == .exited(78) && other.error.contains("--replace-secret"), "\(other)")
    #expect(!Files.exists(configuration) && Files.text(secret) == "another\n")
    #expect(try await run(setup + " --replace-secret", port: simulator.port).ending == .exited(0))
    #expect(Files.text(secret) == Bench.secret + "\n")
  }

  @Test("A dry run tries the credentials and says what it would write")
  func dryRun() async throws {
    let simulator = try await bench.simulator()
    let result = try await run(setup + " --dry-run", port: simulator.port)
    #expect(
      result.ending == .exited(0) && result.output.contains("would write \(configuration)"), "\(result)")
    #expect(try Files.names(in: etc) == [] && simulator.requests().count == 1)
  }

  @Test("Two at the same time don't get into each other's way")
  func lock() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"delay":2,"times":1}"#)
    let (first, name) = try start(setup, port: simulator.port)
    try await eventually("the first one's request") { try simulator.requests().count == 1 }
    let second = try await run(setup, port: simulator.port)
    #expect(second.ending == .exited(75) && second.error.contains("another setup or rotate"), "\(second)")
    #expect(try await result(first, name).ending == .exited(0))
  }

  // MARK: at a terminal

  private func startAtTerminal(
    _ terminal: PseudoTerminal, port: Int, _ arguments: String = ""
  ) throws -> (ChildProcess, String) {
    try start(
      #"""
      exec setsid --ctty --wait bash -c 'echo $$ >"$pid"; exec "$client" setup -c "$config" \#(arguments)' <"$terminal"
      """#, port: port, ["terminal": terminal.path, "pid": "\(bench.folder)/pid"])
  }

  @Test("At a terminal it asks for everything, and the secret isn't shown")
  func terminal() async throws {
    let simulator = try await bench.simulator()
    let terminal = try PseudoTerminal()
    let (process, name) = try startAtTerminal(terminal, port: simulator.port)
    try await terminal.type(" http://127.0.0.1:\(simulator.port) \n", after: "Base URL")
    try await terminal.type("\n", after: "Client ID")
    terminal.type("demo-client\n")
    try await eventually("the end of echo") { terminal.shown.contains("Client secret") && !terminal.echoes }
    terminal.type(Bench.secret + "\n")
    let result = try await result(process, name)
    #expect(result.ending == .exited(0), "\(result) \(terminal.shown)")
    #expect(terminal.echoes)
    #expect(terminal.shown.contains("demo-client") && !terminal.shown.contains(Bench.secret))
    #expect(Files.text(secret) == Bench.secret + "\n")
  }

  @Test(
    "Ctrl-C, Ctrl-D and a signal at the secret: nothing is written, and the terminal shows again what is typed",
    arguments: [("\u{3}", 130), ("\u{4}", 64), ("TERM", 143)] as [(String, Int32)])
  func interrupted(key: String, code: Int32) async throws {
    let simulator = try await bench.simulator()
    let terminal = try PseudoTerminal()
    let (process, name) = try startAtTerminal(
      terminal, port: simulator.port, "--base-url http://127.0.0.1:\(simulator.port) --client-id demo-client")
    try await eventually("the end of echo") { terminal.shown.contains("Client secret") && !terminal.echoes }
    if key == "TERM" {
      kill(try #require(pid_t(Files.text("\(bench.folder)/pid").dropLast())), SIGTERM)
    } else {
      terminal.type("half" + key)
      if key == "\u{4}" { terminal.type(key) }
    }
    let result = try await result(process, name)
    #expect(result.ending == .exited(code), "\(result)")
    #expect(result.error.contains("nothing was changed"))
    #expect(terminal.echoes)
    #expect(Files.names(in: etc) == [])
  }

  @Test("Another secret in its place: it asks before it replaces it")
  func asks() async throws {
    let simulator = try await bench.simulator()
    mkdir("\(etc)/secrets", 0o700)
    try Files.write("another\n", to: secret)
    for (answer, code) in [("n", 78), ("y", 0)] as [(String, Int32)] {
      let terminal = try PseudoTerminal()
      let (process, name) = try startAtTerminal(
        terminal, port: simulator.port,
        "--base-url http://127.0.0.1:\(simulator.port) --client-id demo-client --secret-file \(bench.secretPath)"
      )
      try await terminal.type(answer + "\n", after: "Replace it? [y/N]")
      #expect(try await result(process, name).ending == .exited(code))
    }
    #expect(Files.text(secret) == Bench.secret + "\n")
  }

  // MARK: stopped anywhere

  private static let calls = [
    "renameat", "linkat", "fsync", "fchown", "fchmod", "mkdir", "unlinkat", "flock",
  ]
  private static let canTrace = Files.isProgram("strace")

  /// Runs it again and again, with the call that does it stopped the first, second… time, until one run isn't stopped.
  private func stoppedEverywhere(
    _ how: String, _ command: String, port: Int, reset: () throws -> Void,
    check: (Run, String) async throws -> Void
  ) async throws -> Int {
    var stops = 0
    for call in Self.calls {
      for number in 1...20 {
        try reset()
        let result = try await run(
          "\(command.replacing(#""$client""#, with: #"strace -f -qq -o /dev/null -e trace=\#(call) -e inject=\#(call):\#(how):when=\#(number) "$client""#))",
          port: port, within: .seconds(60))
        if result.ending == .exited(0) { break }
        stops += 1
        try await check(result, "\(call) \(number) \(how)")
      }
    }
    return stops
  }

  @Test(
    "Killed at any point, there is either no such profile or a whole one, and the next run leaves nothing else",
    .enabled(if: Self.canTrace, "strace isn't installed"))
  func killed() async throws {
    let simulator = try await bench.simulator()
    let old = bench.profile("other", at: simulator.port)
    let stops = try await stoppedEverywhere("signal=SIGKILL", setup, port: simulator.port) {
      Files.remove("\(etc)/secrets")
      try Files.write(old, to: configuration)
    } check: { result, point in
      let text = Files.text(configuration)
      if text != old {
        #expect(Files.text(secret) == Bench.secret + "\n", "\(point): \(text)")
        let check = try await run(#""$daemon" check -c "$config""#, port: simulator.port)
        #expect(check.ending == .exited(0) && check.output.contains("profile default"), "\(point): \(check)")
      }
      let again = try await run(setup, port: simulator.port)
      #expect(again.ending == .exited(text == old ? 0 : 78), "\(point): \(again)")
      #expect(Files.names(in: etc) == ["config.toml", "secrets"], "\(point)")
      #expect(Files.names(in: "\(etc)/secrets") == ["default"], "\(point)")
    }
    #expect(stops >= 8)
  }

  @Test(
    "Where any call fails, everything is as it was, and 69 says so",
    .enabled(if: Self.canTrace, "strace isn't installed"))
  func failing() async throws {
    let simulator = try await bench.simulator()
    let old = bench.profile("other", at: simulator.port)
    let stops = try await stoppedEverywhere("error=EIO", setup, port: simulator.port) {
      Files.remove("\(etc)/secrets")
      try Files.write(old, to: configuration)
    } check: { result, point in
      #expect(result.ending == .exited(69), "\(point): \(result)")
      #expect(Files.text(configuration) == old, "\(point): \(result)")
      #expect(Files.names(in: "\(etc)/secrets") == [], "\(point): \(result)")
      #expect(Files.names(in: etc).allSatisfy { ["config.toml", "secrets"].contains($0) }, "\(point)")
    }
    #expect(stops >= 8)
  }
}
