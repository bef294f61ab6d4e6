import Glibc
import Testing

@Suite("What is stuck harms only itself", .turnstile)
struct StuckTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  /// How long the daemon may take to end, its second for the bus and its half second for the log included.
  private static let stopLimit = Duration.seconds(4)

  /// Profile `default` as always, and `stuck` with its header file and its secret in the folder.
  private func configure(_ folder: HangingFolder, at simulator: Simulator) throws {
    try Files.write(Bench.secret + "\n", to: "\(folder.path)/secret")
    let file = "[[profiles.stuck.files]]\npath = \"\(folder.path)/stuck.header\"\n"
    let stuck = bench.profile("stuck", at: simulator.port, files: file)
      .replacing(bench.secretPath, with: "\(folder.path)/secret")
    try bench.configure(bench.profile(at: simulator.port) + stuck)
  }

  private func isNew(_ old: Header, _ socket: String) async throws -> Header {
    try await eventually("another header on \(socket)") {
      let header = try? await Reader.header(socket)
      return header == old ? nil : header
    }
  }

  @Test(
    "A folder in which stat or open hangs stops neither other profiles nor a stop, and its own profile serves to the end",
    arguments: ["stat", "open"])
  func secretHangs(call: String) async throws {
    let folder = try await HangingFolder(bench, calls: [call])
    let simulator = try await bench.simulator(lifetime: 8)
    try configure(folder, at: simulator)
    let daemon = try bench.daemon(environment: folder.environment)
    try await daemon.logs("ready: every profile")
    let stuck = try await Reader.header(bench.path("stuck.sock"))
    let first = try await Reader.header(bench.socket)

    try folder.begin()
    let second = try await isNew(first, bench.socket)
    _ = try await isNew(second, bench.socket)
    try await bench.fileHolds(try await Reader.header(bench.socket))
    try await daemon.logs("\(folder.path): ", within: .seconds(20))
    try await eventually("the end of the token that can't be renewed") {
      try await Reader.read(bench.path("stuck.sock")).isEmpty && timeOfDay() >= Double(stuck.expiresAt)
    }
    let began = ContinuousClock.now
    #expect(try await daemon.stop() == .exited(0))
    #expect(ContinuousClock.now - began < Self.stopLimit)
    #expect(!Files.exists(bench.socket) && !Files.exists(bench.file))
  }

  @Test("A header file whose sync hangs never appears after its token's end, and nothing else is held up")
  func fileHangs() async throws {
    let folder = try await HangingFolder(bench, calls: ["fsync"])
    let simulator = try await bench.simulator(lifetime: 6)
    try configure(folder, at: simulator)
    let daemon = try bench.daemon(environment: folder.environment)
    try await daemon.logs("ready: every profile")
    let file = "\(folder.path)/stuck.header"
    try await eventually("the header in its file") { Files.exists(file) }
    let first = try await Reader.header(bench.path("stuck.sock"))

    try folder.begin()
    let second = try await isNew(first, bench.path("stuck.sock"))
    _ = try await isNew(try await Reader.header(bench.socket), bench.socket)
    try await daemon.logs("\(folder.path): ", within: .seconds(20))
    // What hangs goes on long after its token's end.
    try await eventually("the end of the token that hangs") { timeOfDay() > Double(second.expiresAt) + 1 }
    folder.end()
    try await eventually(
      "no expired header in the file, one second after the folder answers", within: .milliseconds(1200)
    ) {
      guard let bytes = try Files.content(file) else { return true }
      let asked = timeOfDay()
      return Double(try Header(bytes).expiresAt) > asked - 1
    }
    try await daemon.logs("\(folder.path) answers again")
    try await throughout(.seconds(2)) {
      guard let bytes = try Files.content(file) else { return }
      let asked = timeOfDay()
      #expect(Double(try Header(bytes).expiresAt) > asked - 1, "an expired header was published")
    }
    try await eventually("the present header in the file again") {
      try await Reader.header(bench.path("stuck.sock")).text == Files.text(file)
    }
    #expect(Files.names(in: folder.path) == ["secret", "stuck.header"], "no temporary file is left")
  }

  @Test(
    "A daemon that starts while a profile's folder hangs serves the others, and the profile when it answers")
  func startHangs() async throws {
    let folder = try await HangingFolder(bench, calls: ["stat", "open", "fsync"])
    let simulator = try await bench.simulator()
    try configure(folder, at: simulator)
    try folder.begin()
    let daemon = try bench.daemon(environment: folder.environment)
    _ = try await Reader.firstHeader(bench.socket, within: .seconds(20))
    #expect(daemon.process.poll() == nil)
    folder.end()
    _ = try await Reader.firstHeader(bench.path("stuck.sock"), within: .seconds(40))
  }

  /// A pipe that is full and that nobody reads; the daemon's standard error.
  private func fullPipe() throws -> String {
    let path = "\(bench.folder)/full"
    try #require(mkfifo(path, 0o600) == 0)
    let end = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try #require(end >= 0)
    let bytes = [UInt8](repeating: 0, count: 4096)
    while write(end, bytes, bytes.count) > 0 {}
    let one: [UInt8] = [0]
    while write(end, one, 1) > 0 {}
    bench.atEnd { close(end) }
    return path
  }

  @Test(
    "A standard error that nobody reads delays no refresh, no reader, no health check, no expiry and no stop")
  func logHangs() async throws {
    let simulator = try await bench.simulator(lifetime: 6)
    let profile = bench.profile(at: simulator.port, socket: "audit = \"all\"")
    try bench.configure("log.level = \"trace\"\n" + profile)
    let daemon = try bench.daemon(error: try fullPipe())
    let first = try await Reader.firstHeader(bench.socket)
    for _ in 0..<4_000 { _ = try await Reader.read(bench.socket) }
    let second = try await isNew(first, bench.socket)
    try await bench.fileHolds(second)
    let health = try await onThread { [path = bench.path("api.sock")] in
      let socket = try ClientSocket(path: path)
      try socket.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      return String(decoding: try socket.readToEnd(), as: UTF8.self)
    }
    #expect(health.hasPrefix("HTTP/1.1 200 "))

    try simulator.set(faults: #"{"status":500}"#)
    let last = try await Reader.header(bench.socket)
    try await eventually("the header's end in the file, too") {
      let asked = timeOfDay()
      guard let bytes = try Files.content(bench.file) else { return true }
      #expect(asked < Double(try Header(bytes).expiresAt) + 1)
      return false
    }
    #expect(timeOfDay() <= Double(last.expiresAt) + 3)
    let began = ContinuousClock.now
    #expect(try await daemon.stop() == .exited(0))
    #expect(ContinuousClock.now - began < Self.stopLimit)
    #expect(bench.outlets == [])
  }

  @Test("A bus that accepts connections and never answers delays a stop by a second")
  func busHangs() async throws {
    let simulator = try await bench.simulator()
    try bench.configure(bench.profile(at: simulator.port))
    let bus = try SilentSocket(path: "\(bench.folder)/bus")
    let daemon = try bench.daemon(environment: ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(bus.path)"])
    let header = try await Reader.firstHeader(bench.socket)
    try await daemon.logs("ready: ")
    let began = ContinuousClock.now
    daemon.process.send(SIGTERM)
    // It goes on serving while it asks.
    if let bytes = try? await Reader.read(bench.socket), !bytes.isEmpty {
      #expect(try Header(bytes) == header)
    }
    #expect(try await daemon.process.ended() == .exited(0))
    #expect(ContinuousClock.now - began < Self.stopLimit)
    #expect(bench.outlets == [])
  }
}

/// A listening socket whose connections are never accepted, so whatever is sent is never answered.
final class SilentSocket: Sendable {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    ClientSocket.copy(path, into: &address.sun_path)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0 && listen(descriptor, 16) == 0)
  }

  deinit {
    close(descriptor)
  }
}
