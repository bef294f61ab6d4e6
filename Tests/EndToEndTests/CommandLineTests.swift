import Testing

@Suite("Exit codes, `check` and `fetch`", .turnstile)
struct CommandLineTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private struct Result {
    let ending: ChildProcess.Ending
    let output: String
    let error: String

    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  /// Runs a command to its end.
  private func run(
    _ arguments: [String], within limit: Duration = .seconds(10)
  ) async throws -> Result {
    let daemon = try bench.daemon(arguments)
    let ending = try await daemon.process.ended(within: limit)
    return Result(ending: ending, output: Files.text(daemon.outputPath), error: daemon.log)
  }

  @Test(
    "64 for a command line that makes no sense",
    arguments: [["--nonsense"], ["run", "--nonsense"], ["fetch", "one", "two"], ["walk"]])
  func usage(arguments: [String]) async throws {
    let result = try await run(arguments)
    #expect(result.ending == .exited(64))
    #expect(result.error.contains("Usage: assetit-tokend"))
  }

  @Test("0 for --version and --help, on standard output", arguments: ["--version", "--help"])
  func help(argument: String) async throws {
    let result = try await run([argument])
    #expect(result.ending == .exited(0))
    #expect(!result.output.isEmpty && result.error.isEmpty)
  }

  @Test("78 for a broken configuration: every problem, one line each", arguments: ["run", "check", "fetch"])
  func configuration(command: String) async throws {
    try bench.configure(
      """
      [profiles.one]
      base_url = "ftp://example.com"
      client_id = ""
      client_secret_file = "\(bench.folder)/missing"
      [profiles.one.refresh]
      at = 1.5
      retry_min = 5
      jittr = 0.1
      [profiles.one.socket]
      mode = 660
      group = "no-such-group"
      [profiles.two]
      client_id = "x"
      region = "EU"
      client_secret_file = "\(bench.secretPath)"
      """)
    let result = try await run([command])
    #expect(result.ending == .exited(78))
    let keys =
      [
        "profiles.one.base_url", "profiles.one.client_id",
        "profiles.one.refresh.at", "profiles.one.refresh.retry_min", "profiles.one.refresh.jittr",
        "profiles.one.socket.mode", "profiles.two.region",
      ]
      // A start goes on without a group that can't be looked up yet; a fetch needs no group, and one profile's secret.
      + (command == "check" ? ["profiles.one.socket.group"] : [])
      + (command == "fetch" ? [] : ["profiles.one.client_secret_file"])
    for key in keys {
      #expect(
        result.errorLines.count { $0.contains("config.toml: \(key): ") } == 1, "\(key)\n\(result.error)")
    }
    #expect(result.errorLines.count == keys.count, "\(result.error)")
    #expect(result.error.contains("did you mean jitter?"))
    #expect(result.output.isEmpty)
  }

  @Test("78 for a configuration that isn't there", arguments: ["run", "check", "fetch"])
  func missing(command: String) async throws {
    let result = try await run([command])
    #expect(result.ending == .exited(78))
    #expect(result.error.contains(bench.configurationPath))
    #expect(result.errorLines.count == 1)
  }

  @Test("78 for a syntax error, with line and column", arguments: ["run", "check"])
  func syntax(command: String) async throws {
    try bench.configure("[profiles.default]\nbase_url = \"https://x\n")
    let result = try await run([command])
    #expect(result.ending == .exited(78))
    #expect(result.error.contains("config.toml:2:") || result.error.contains("line 2"), "\(result.error)")
  }

  @Test("77 when every profile is refused at the start, after one request each and with nothing left behind")
  func refused() async throws {
    let simulator = try await bench.simulator()
    try simulator.change(secret: "another one")
    try bench.configure(bench.profile(at: simulator.port) + bench.profile("other", at: simulator.port))
    let result = try await run(["run"])
    #expect(result.ending == .exited(77))
    #expect(result.error.contains("default: AssetIT refused the client ID or secret (HTTP 401)"))
    #expect(result.error.contains("other: AssetIT refused the client ID or secret (HTTP 401)"))
    #expect(result.error.contains("Settings, API Credentials"))
    #expect(result.error.contains("giving up"))
    let last = result.errorLines.count { $0.contains("failed, and the daemon makes no other") }
    #expect(last == 1, "\(result.error)")
    #expect(try simulator.requests().count == 2)
    #expect(Files.names(in: bench.runtime) == [])
  }

  @Test("78 when nobody knows the endpoint for 30 s: a gateway may still be coming up until then")
  func misconfigured() async throws {
    let simulator = try await bench.simulator()
    let refresh = """
      retry_min = "200ms"
      retry_max = "2s"
      """
    try bench.configure(
      bench.profile(at: simulator.port, api: #"authenticate_path = "/nowhere""#, refresh: refresh))
    let began = monotonic()
    let result = try await run(["run"], within: .seconds(45))
    #expect(result.ending == .exited(78))
    #expect((29...40).contains(monotonic() - began))
    #expect(result.error.contains("check base_url and authenticate_path"))
    #expect(try simulator.requests().isEmpty)
  }

  @Test("a path that is unknown at first and then there isn't given up")
  func gateway() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"status":404,"times":3}"#)
    try bench.configure(bench.profile(at: simulator.port))
    let daemon = try bench.daemon()
    let header = try await Reader.firstHeader(bench.socket)
    #expect(try simulator.accepts(header.text))
    #expect(daemon.lines(with: "the service knows no such endpoint (HTTP 404)").count == 3)
  }

  @Test("`fetch` prints the header and nothing else, and touches neither socket nor file")
  func fetch() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port) + bench.profile("other", at: simulator.port))
    let result = try await run(["fetch", "other"])
    #expect(result.ending == .exited(0))
    #expect(result.error.isEmpty)
    let header = try Header(Array(result.output.utf8))
    #expect(try simulator.accepts(header.text))
    #expect(Files.names(in: bench.runtime) == [])
  }

  @Test(
    "`fetch` says with its exit code what kind of failure it was, and with a sentence which",
    arguments: [
      (#"{"status":500}"#, 69, "HTTP 500"), (#"{"status":429,"retry_after":5}"#, 69, "HTTP 429"),
      (#"{"close":true}"#, 69, "broke before its answer was complete"), (#"{"html":true}"#, 69, ""),
      (#"{"status":401}"#, 77, "refused the client ID or secret"),
      (#"{"status":404}"#, 78, "authenticate_path"),
      (#"{"status":302,"redirect":"http://127.0.0.1:1/"}"#, 78, "redirects elsewhere"),
    ] as [(String, Int32, String)])
  func fetchFailures(faults: String, status: Int32, sentence: String) async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: faults)
    try bench.configure(bench.profile(at: simulator.port))
    let result = try await run(["fetch"])
    #expect(result.ending == .exited(status))
    #expect(result.output.isEmpty)
    #expect(result.errorLines.count == 1 && (sentence.isEmpty || result.error.contains(sentence)))
    #expect(try simulator.requests().count == 1, "once, without a second try")
  }

  @Test("`fetch` of a profile that isn't there is a usage error that names those that are")
  func fetchUnknown() async throws {
    try bench.configure(bench.profile(at: 1))
    let result = try await run(["fetch", "defualt"])
    #expect(result.ending == .exited(64))
    #expect(result.error.contains("defualt") && result.error.contains("default"))
  }

  @Test("`check` explains a good configuration without a request, and with --no-secrets reads no secret")
  func check() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let result = try await run(["check"])
    #expect(result.ending == .exited(0))
    #expect(result.error.isEmpty)
    for text in [
      "profile default", bench.socket, bench.file, "http://127.0.0.1:\(simulator.port)/api/apikeys",
    ] {
      #expect(result.output.contains(text))
    }
    #expect(!result.output.contains(Bench.secret))
    #expect(try simulator.requests().isEmpty)
    #expect(Files.names(in: bench.runtime) == [])

    try Files.write(Bench.secret, to: bench.secretPath, mode: 0o644)
    #expect(try await run(["check"]).ending == .exited(78))
    #expect(try await run(["check", "--no-secrets"]).ending == .exited(0))
  }
}
