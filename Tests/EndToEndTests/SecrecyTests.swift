import Glibc
import Testing

@Suite("Secrets", .turnstile)
struct SecrecyTests {
  private static let wrongSecret = "s3cret-that-IS-wrong-5566"
  private static let rightSecret = "s3cret-after-ROTATION-3141"
  let bench: Bench
  let manager: NotifySocket

  init() throws {
    bench = try Bench()
    manager = try NotifySocket(path: "\(bench.folder)/notify")
  }

  @Test("and tokens appear nowhere but where they belong, at trace, through every turn that a daemon takes")
  func nowhere() async throws {
    let simulator = try await bench.simulator(lifetime: 600)
    let open = "[log]\nlevel = \"trace\"\n" + bench.profile(at: simulator.port, socket: #"audit = "all""#)
    let more = bench.profile("inline", at: simulator.port, socket: #"allow_users = ["\#(geteuid())"]"#)
      .replacing("client_secret_file = \"\(bench.secretPath)\"", with: "client_secret = \"\(Bench.secret)\"")
    try bench.configure(open + more)
    let daemon = try bench.daemon(environment: ["NOTIFY_SOCKET": manager.path])
    var tokens = Set<String>()
    tokens.insert(try await Reader.firstHeader(bench.socket).token)
    tokens.insert(try await Reader.firstHeader(bench.path("inline.sock")).token)
    try await daemon.logs("ready: ")
    try leaks(nothing: tokens, of: daemon)

    // Rejected, then rotated, and told so by files and by reloads.
    try simulator.change(secret: Self.rightSecret)
    daemon.process.send(SIGUSR1)
    try await daemon.logs("AssetIT refused the client ID or secret", times: 2)
    try Files.write(Self.wrongSecret, to: bench.secretPath)
    try await daemon.logs("has changed")
    try await daemon.logs("AssetIT refused the client ID or secret", times: 3)
    try Files.write(Self.rightSecret, to: bench.secretPath)
    try await daemon.logs("new token", times: 3)
    tokens.insert(try await Reader.header(bench.socket).token)

    // A reload that is refused because of the very line that holds the secret, and one that isn't.
    try bench.configure(open + more.replacing("client_secret = ", with: "client_secrett = "))
    daemon.process.send(SIGHUP)
    try await daemon.logs("reload refused")
    try bench.configure(open + more.replacing("\(Bench.secret)\"", with: Bench.secret))
    daemon.process.send(SIGHUP)
    try await daemon.logs("config.toml:")
    try bench.configure(open + more.replacing(Bench.secret, with: Self.rightSecret))
    daemon.process.send(SIGHUP)
    try await daemon.logs("configuration reloaded")
    try await daemon.logs("new token", times: 4)
    tokens.insert(try await Reader.header(bench.path("inline.sock")).token)

    // Answers that hold the token, or the secret, where none belongs.
    for faults in [
      #"{"status":500}"#, #"{"html":true}"#, #"{"body":"\#(Self.rightSecret)"}"#, #"{"garbage":true}"#,
    ] {
      try simulator.set(faults: faults)
      let failures = daemon.lines(with: "failed, the next is").count
      daemon.process.send(SIGUSR1)
      try await daemon.logs("failed, the next is", times: failures + 1)
    }
    try leaks(nothing: tokens, of: daemon)
    #expect(try await daemon.stop() == .exited(0))
    try leaks(nothing: tokens, of: daemon)
    #expect(tokens.count == 4)
    #expect(daemon.logLines.count > 20, "there was something to search")
    #expect(!daemon.lines(with: "debug: ").isEmpty)
  }

  @Test("a daemon that is aborted leaves no core behind")
  func noCore() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    // Swift's own handler would take the first SIGABRT.
    let daemon = try bench.daemon(environment: ["SWIFT_BACKTRACE": "enable=no"])
    _ = try await Reader.firstHeader(bench.socket)
    let limits = Files.text("/proc/\(daemon.process.pid)/limits").split(separator: "\n")
    let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
    #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
    daemon.process.send(SIGABRT)
    #expect(try await daemon.process.ended() == .killed(SIGABRT))
    #expect(Files.names(in: bench.folder).allSatisfy { !$0.hasPrefix("core") })
  }

  /// Searches all that others might see. The header's outlets are left out for tokens, not for secrets.
  private func leaks(nothing tokens: Set<String>, of daemon: Daemon) throws {
    let secrets = [Bench.secret, Self.wrongSecret, Self.rightSecret]
    let process = "/proc/\(daemon.process.pid)"
    var places = [
      "standard output": Files.text(daemon.outputPath), "the log": daemon.log,
      "the messages to systemd": manager.messages.map(\.text).joined(separator: "\n"),
    ]
    for name in ["cmdline", "environ", "comm", "maps", "status"] {
      places[name] = Files.text("\(process)/\(name)")
    }
    // A token's signature and a secret's middle, in case something was cut short.
    let wanted =
      secrets.map { $0.dropFirst(4).prefix(12) } + tokens.compactMap { $0.split(separator: ".").last }
    for (place, text) in places {
      for one in wanted { #expect(!text.contains(one), "in \(place)") }
    }
    for name in Files.names(in: bench.runtime) where !name.hasSuffix(".sock") {
      let text = Files.text(bench.path(name))
      for secret in secrets { #expect(!text.contains(secret), "in \(name)") }
      #expect(["default.header", ".published"].contains(name), "an unexpected file")
    }
  }
}
