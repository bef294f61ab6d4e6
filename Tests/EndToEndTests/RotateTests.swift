import Glibc
import TestSupport
import Testing

@Suite("assetit-token rotate", .turnstile)
struct RotateTests {
  private static let newSecret = "another-s3cret-OF-the-bench"

  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private struct Run {
    let ending: ChildProcess.Ending
    let output: String
    let error: String
  }

  private func run(
    _ arguments: String, _ prefix: String = "", secret: String = Self.newSecret,
    within limit: Duration = .seconds(60)
  ) async throws -> Run {
    let name = "run-\(UInt32.random(in: 0...UInt32.max))"
    let script = #"printf '%s\n' "$secret" | \#(prefix) "$client" rotate -c "$config" \#(arguments)"#
    let process = try bench.start(
      "/bin/bash", ["-c", script],
      environment: [
        "RUNTIME_DIRECTORY": bench.runtime, "client": BuiltProgram.client.path,
        "config": bench.configurationPath,
        "secret": secret,
      ], as: name)
    let ending = try await process.ended(within: limit)
    return Run(
      ending: ending, output: Files.text("\(bench.folder)/\(name).out"),
      error: Files.text("\(bench.folder)/\(name).err"))
  }

  @Test("The new secret is tried, swapped in, and its header is served when it returns")
  func rotated() async throws {
    let (simulator, _, old) = try await bench.ready()
    try simulator.change(secret: Self.newSecret)
    let result = try await run("")
    #expect(result.ending == .exited(0), "\(result)")
    #expect(result.output.contains("default: a header of the new credentials is served"))
    #expect(Files.text(bench.secretPath) == Self.newSecret + "\n")
    let new = try await Reader.header(bench.socket)
    #expect(try new != old && simulator.accepts(new.text))
    #expect(!(result.output + result.error).contains(Self.newSecret))
  }

  @Test("A secret that AssetIT refuses replaces nothing, and the header stays")
  func refused() async throws {
    let (_, _, old) = try await bench.ready()
    let result = try await run("")
    #expect(result.ending == .exited(77), "\(result)")
    #expect(result.error.contains("The old credentials stay as they were"))
    #expect(Files.text(bench.secretPath) == Bench.secret + "\n")
    #expect(try await Reader.header(bench.socket) == old)
  }

  @Test(
    "64 for a profile that isn't there and for an empty secret, 69 where AssetIT is away, 78 without a configuration"
  )
  func failures() async throws {
    #expect(try await run("").ending == .exited(78))
    try bench.configure(bench.profile(at: 1))
    let unknown = try await run("nope")
    #expect(
      unknown.ending == .exited(64) && unknown.error.contains("the configuration has default"), "\(unknown)")
    #expect(try await run("", secret: "").ending == .exited(64))
    #expect(try await run("").ending == .exited(69))
    #expect(Files.text(bench.secretPath) == Bench.secret + "\n")
  }

  @Test("A dry run says what would be done, and does nothing but try")
  func dryRun() async throws {
    let (simulator, _, _) = try await bench.ready()
    try simulator.change(secret: Self.newSecret)
    let result = try await run("--dry-run")
    #expect(
      result.ending == .exited(0) && result.output.contains("would replace \(bench.secretPath)"), "\(result)")
    #expect(Files.text(bench.secretPath) == Bench.secret + "\n")
  }

  @Test("With a new client ID the configuration keeps its comments, and the daemon only needs a reload")
  func clientID() async throws {
    let simulator = try await bench.simulator()
    let text = "# first\n" + bench.profile(at: simulator.port) + "# last\n"
    try bench.configure(text)
    try simulator.change(clientID: "other-client", secret: Self.newSecret)
    let result = try await run("--client-id other-client")
    #expect(result.ending == .exited(0), "\(result)")
    #expect(Files.text(bench.configurationPath) == text.replacing("demo-client", with: "other-client"))
    #expect(Files.text(bench.secretPath) == Self.newSecret + "\n")
    #expect(!Files.names(in: bench.folder).contains { $0.contains("rotating") || $0.hasPrefix(".assetit-") })
  }

  @Test("A configuration that can't be changed without a risk isn't, and says so")
  func unusual() async throws {
    let simulator = try await bench.simulator()
    let text = """
      profiles = { default = { base_url = "http://127.0.0.1:\(simulator.port)", client_id = "demo-client", \
      client_secret_file = "\(bench.secretPath)" } }
      """
    try bench.configure(text)
    try simulator.change(clientID: "other-client", secret: Self.newSecret)
    let result = try await run("--client-id other-client")
    #expect(result.ending == .exited(78) && result.error.contains("change them by hand"), "\(result)")
    #expect(
      Files.text(bench.configurationPath) == text && Files.text(bench.secretPath) == Bench.secret + "\n")
  }

  @Test(
    "Killed or failing at any point, the configuration names a pair of ID and secret that belongs together",
    .enabled(if: Files.isProgram("strace"), "strace isn't installed"),
    arguments: ["signal=SIGKILL", "error=EIO"])
  func stopped(how: String) async throws {
    let simulator = try await bench.simulator()
    let text = bench.profile(at: simulator.port)
    try simulator.change(clientID: "other-client", secret: Self.newSecret)
    var stops = 0
    for call in ["renameat", "linkat", "fsync", "fchown", "unlink", "unlinkat"] {
      for number in 1...30 {
        try bench.configure(text)
        try Files.write(Bench.secret + "\n", to: bench.secretPath)
        unlink(bench.secretPath + ".assetit-rotating")
        let prefix = "strace -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):\(how):when=\(number)"
        let result = try await run("--client-id other-client", prefix)
        if result.ending == .exited(0) { break }
        stops += 1
        let pair = try currentPair()
        let old = ["demo-client", Bench.secret], new = ["other-client", Self.newSecret]
        #expect(pair == old || pair == new, "\(call) \(number): \(pair) \(result)")
        if how == "error=EIO" {
          #expect(pair == old && result.ending == .exited(69), "\(call) \(number): \(result)")
        }
        let again = try await run("--client-id other-client")
        #expect(again.ending == .exited(0), "\(call) \(number): \(again)")
        #expect(try currentPair() == new)
        #expect(
          !Files.names(in: bench.folder).contains { $0.contains("rotating") || $0.hasPrefix(".assetit-") })
      }
    }
    #expect(stops >= 10)
  }

  /// Client ID and secret as the configuration names them.
  private func currentPair() throws -> [String] {
    let lines = Files.text(bench.configurationPath).split(separator: "\n")
    func value(_ key: String) throws -> String {
      let line = try #require(lines.first { $0.hasPrefix(key + " = ") })
      return String(line.dropFirst(key.count + 4).dropLast())
    }
    let secret = Files.text(try value("client_secret_file"))
    return [try value("client_id"), String(secret.dropLast())]
  }
}

extension Simulator {
  fileprivate func change(clientID: String, secret: String) throws {
    let body = #"{"client_id":"\#(clientID)","client_secret":"\#(secret)"}"#
    let answer = try HTTP.send("PUT", "/_sim/credentials", port: port, body: body)
    try #require(200..<300 ~= answer.status, "\(answer)")
  }
}
