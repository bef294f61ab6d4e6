import FoundationEssentials
import Glibc
import Testing

@Suite("assetit-token", .turnstile)
struct ClientCommandTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  @Test("`header` prints the bytes of the token socket, and nothing else")
  func header() async throws {
    let (_, _, header) = try await bench.ready()
    let result = try await bench.client(["header"])
    #expect(result.ending == .exited(0))
    #expect(result.output == header.text)
    #expect(result.error.isEmpty)
    #expect(try await bench.client(["header", "--format", "token"]).output == header.token)
    let curl = try await bench.client(["header", "default", "--format", "curl"])
    #expect(curl.output == "Authorization: \(header.text)\n")
    let json = try await bench.client(["header", "--format", "json"]).output
    #expect(json.contains(#""header":"\#(header.text)""#) && json.contains(#""issued_at":"20"#))
  }

  @Test(
    "`header --min-valid` has a token that is too old replaced, and says so where no token is good for so long"
  )
  func minValid() async throws {
    let (simulator, _, header) = try await bench.ready(lifetime: 300)
    try simulator.change(lifetime: 3600)
    let result = try await bench.client(["header", "--min-valid", "290s"])
    #expect(result.output == header.text)
    _ = try await bench.client(["refresh"])
    let longer = try await bench.client(["header", "--min-valid", "10m"])
    #expect(longer.output != header.text && longer.output.hasPrefix("JWT "))
    let tooLong = try await bench.client(["header", "--min-valid", "2h"])
    #expect(tooLong.ending == .exited(69) && tooLong.output.isEmpty)
    #expect(tooLong.error.hasPrefix("assetit-token: no token of this service is good for that long"))
  }

  @Test("64 for a profile that isn't there and for nonsense, 69 without a daemon, 69 without a token")
  func failures() async throws {
    let simulator = try await bench.simulator()
    try simulator.set(faults: #"{"status":503}"#)
    try bench.configure(bench.profile(at: simulator.port, socket: #"wait = "100ms""#))
    #expect(try await bench.client(["header"]).ending == .exited(69))
    _ = try bench.daemon()
    try await eventually("the HTTP socket") { Files.exists(bench.path("api.sock")) }
    let none = try await bench.client(["header"])
    #expect(none.ending == .exited(69) && none.error.contains("the service is out of order (HTTP 503)"))
    let unknown = try await bench.client(["header", "nope"])
    #expect(unknown.ending == .exited(64) && unknown.error.contains("no profile nope"))
    for arguments in [["header", "--min-valid", "5"], ["walk"], ["exec", "default"], ["curl"]] {
      #expect(try await bench.client(arguments).ending == .exited(64))
    }
    #expect(try await bench.client(["refresh"]).ending == .exited(69))
    let status = try await bench.client(["status"])
    #expect(status.ending == .exited(0) && status.output.contains("unavailable"))
  }

  @Test(
    "77 for a user whom the access list turns away, and its `status` shows nothing",
    .enabled(if: geteuid() == 0))
  func denied() async throws {
    let simulator = try await bench.simulator()
    let socket = "allow_users = [\"root\"]\nmode = \"0666\""
    let closedSocket = bench.profile(at: simulator.port, socket: socket)
    try bench.configure(closedSocket + "\n[api]\nmode = \"0666\"\n")
    let daemon = try bench.daemon()
    _ = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    chmod(bench.folder, 0o755)
    chmod(bench.runtime, 0o755)
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let header = try await bench.client(["header"], wrapper: nobody)
    #expect(header.ending == .exited(77))
    #expect(header.error.contains("access list"), "\(header.error)")
    let status = try await bench.client(["status"], wrapper: nobody)
    #expect(!status.output.contains("default"))
    // A mode that somebody changed would be put right, so it is configured.
    try bench.configure(closedSocket + "\n[api]\nmode = \"0600\"\n")
    daemon.process.send(SIGHUP)
    try await daemon.logs("configuration reloaded")
    let closed = try await bench.client(["header"], wrapper: nobody)
    #expect(closed.ending == .exited(77) && closed.error.contains("usermod -aG"))
  }

  @Test("`status` fits 80 columns and never shows a token")
  func status() async throws {
    let (_, _, header) = try await bench.ready()
    let table = try await bench.client(["status"])
    #expect(table.output.split(separator: "\n").count == 2)
    #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 80 && !$0.contains("\u{1B}") })
    let json = try await bench.client(["status", "--json"])
    #expect(json.output.hasPrefix(#"{"profiles":[{"credentials":"current","expires_at":"#))
    #expect(!(table.output + json.output).contains(header.token))
  }

  @Test("`watch` tells of a new header in a line, without showing it")
  func watch() async throws {
    let (_, _, header) = try await bench.ready()
    let watch = try bench.startClient(["watch"], as: "watch")
    func lines(_ event: String) -> [Substring] {
      Files.text("\(bench.folder)/watch.out").split(separator: "\n").filter {
        $0.contains("\"event\":\"\(event)\"")
      }
    }
    try await eventually("the first lines") { lines("header").count == 1 && !lines("state").isEmpty }
    let refresh = try await bench.client(["refresh"])
    #expect(refresh.ending == .exited(0) && refresh.output.hasPrefix("default: there is a new token"))
    try await eventually("a line for the new header") { lines("header").count == 2 }
    #expect(!Files.text("\(bench.folder)/watch.out").contains(header.token))
    watch.send(SIGTERM)
    #expect(try await watch.ended() == .killed(SIGTERM))
  }

  @Test("`doctor` is content with all that is well, and names what isn't")
  func doctor() async throws {
    let (_, daemon, _) = try await bench.ready()
    let doctor = ["doctor", "--config", bench.configurationPath]
    let well = try await bench.client(doctor)
    #expect(well.ending == .exited(0), "\(well.output)")
    for text in ["ok    configuration", "ok    service of default", "ok    clock", "ok    token of default"] {
      #expect(well.output.contains(text), "\(well.output)")
    }
    #expect(!well.output.contains("FAIL"))

    try bench.configure(bench.profile(at: 1, scheme: "https"))
    let unreachable = try await bench.client(doctor)
    #expect(unreachable.ending == .exited(69))
    #expect(unreachable.output.contains("FAIL  service of default: no connection with 127.0.0.1"))
    try bench.configure("nonsense = 1")
    #expect(try await bench.client(doctor).ending == .exited(78))
    _ = try await daemon.stop()
    let stopped = try await bench.client(["doctor", "--config", "/nonexistent"])
    #expect(stopped.output.contains("FAIL  daemon: nobody listens at"))
  }
}
