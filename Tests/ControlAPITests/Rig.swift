import ControlAPI
import DaemonCore
import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenConfig
import TokenCore

@testable import TokenService
@testable import assetit_sim

/// The daemon with its HTTP server and a simulated AssetIT, in this process but over real sockets.
final class Rig: Sendable {
  static let secret = "s3cret-of-the-rig-5502"

  let folder: String
  let simulator: SimulatorServer
  let log: LogLines
  private let limits: ServingLimits
  private let inbox: Inbox
  /// The daemon's loop; `nil` while it doesn't run.
  private let loop = Mutex<WorkerThread?>(nil)

  var socket: String { "\(folder)/api.sock" }

  /// The simulator's.
  var port: Int { simulator.port }

  /// Runs `body` with a rig whose every profile has had its first answer, and takes it down.
  ///
  /// `api`, `socket`, `refresh`: lines of `[api]`, and of the tables of the profile `default`. `more`: further
  /// tables.
  static func run(
    lifetime: Int = 600, api: String = "", socket: String = "", refresh: String = "", faults: String? = nil,
    more: (Int) -> String = { _ in "" }, limits: ServingLimits = ServingLimits(),
    _ body: (Rig) async throws -> Void
  ) async throws {
    await gate.enter()
    do {
      try await runAlone(
        lifetime: lifetime, api: api, socket: socket, refresh: refresh, faults: faults, more: more,
        limits: limits, body)
    } catch {
      await gate.leave()
      throw error
    }
    await gate.leave()
  }

  /// A few at a time: all tests of the package share a few cores.
  private static let gate = Gate(width: 4)

  private static func runAlone(
    lifetime: Int, api: String, socket: String, refresh: String, faults: String?, more: (Int) -> String,
    limits: ServingLimits, _ body: (Rig) async throws -> Void
  ) async throws {
    let rig = try Rig(lifetime: lifetime, limits) { folder, port in
      document(folder, port, api: api, socket: socket, refresh: refresh) + more(port)
    }
    if let faults { try await rig.set(faults: faults) }
    try rig.start()
    do {
      try await rig.eventually("an answer for every profile") {
        guard let response = try? await rig.ask("GET", "/v1/profiles") else { return false }
        return response.status == 200 && !response.text.contains(#""state":"pending""#)
      }
      try await body(rig)
    } catch {
      rig.stop()
      throw error
    }
    rig.stop()
    #expect(!rig.log.text.contains(Self.secret))
    #expect(!rig.log.text.contains("eyJ"), "a token in the log")
  }

  private init(
    lifetime: Int, _ limits: ServingLimits, _ document: (String, Int) -> String
  ) throws {
    var template = Array("/tmp/ctl-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
    folder = String(cString: try #require(made))
    chmod(folder, 0o755)
    let service = Simulator(
      credentials: ClientCredentials(clientID: "demo-client", clientSecret: Self.secret),
      lifetime: lifetime, seed: .random(in: 0 ... .max))
    simulator = try SimulatorServer(simulator: service, listen: ListenAddress(host: "127.0.0.1", port: 0))
    try Self.write(Self.secret, to: "\(folder)/secret")
    try Self.write(document(folder, simulator.port), to: "\(folder)/config.toml")
    log = LogLines()
    self.limits = limits
    inbox = try Inbox()
  }

  private func start() throws {
    let (folder, limits, inbox, lines) = (folder, limits, inbox, log)
    let thread = try WorkerThread(name: "rig") {
      do {
        let log = try OperatorLog(isPrefixed: false, level: .trace, dropped: { _ in }, put: lines.add)
        defer { log.finish() }
        let daemon = try DaemonProcess(
          configuration: "\(folder)/config.toml", ["RUNTIME_DIRECTORY": folder], inbox, log,
          control: HTTPControlServer(limits: limits),
          parser: TOMLProgram(path: BuiltProgram.daemon.path))
        _ = daemon.run()
      } catch {
        Issue.record("the daemon didn't start: \(error)")
      }
    }
    loop.withLock { $0 = thread }
  }

  private func stop() {
    inbox.push(.signal(.stop))
    loop.withLock { $0.take() }?.join()
    try? simulator.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static func document(
    _ folder: String, _ port: Int, api: String = "", socket: String = "", refresh: String = ""
  ) -> String {
    """
    [log]
    level = "trace"
    [api]
    \(api)
    \(profile("default", folder, port, socket: socket, refresh: refresh))
    """
  }

  static func profile(
    _ name: String, _ folder: String, _ port: Int, socket: String = "", refresh: String = ""
  ) -> String {
    """
    [profiles.\(name)]
    base_url = "http://127.0.0.1:\(port)"
    client_id = "demo-client"
    client_secret_file = "\(folder)/secret"
    [profiles.\(name).refresh]
    \(refresh)
    [profiles.\(name).socket]
    \(socket)

    """
  }

  private static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
    chmod(path, 0o600)
  }

  /// Replaces the configuration and has it read.
  func reload(_ document: String) async throws {
    // Until it is ready it takes up another configuration by itself too, and there would be two outcomes.
    try await eventually("readiness") { log.text.contains("notice: ready: ") }
    try Self.write(document, to: "\(folder)/config.toml")
    func outcomes() -> Int {
      log.text.ranges(of: "notice: configuration reloaded").count
        + log.text.ranges(of: "error: reload refused").count
    }
    let before = outcomes()
    inbox.push(.signal(.reload))
    try await eventually("the end of the reload") { outcomes() > before }
    #expect(!log.text.contains("not in force yet") && !log.text.contains("reload refused"), "\(log.text)")
  }

  /// One request on a connection of its own.
  func ask(
    _ method: String, _ target: String, _ headers: [String] = ["Host: localhost"], body: String? = nil
  ) async throws -> Response {
    let socket = socket
    return try await onThread {
      let wire = try Wire(path: socket)
      try wire.ask(method, target, headers, body: body)
      return try wire.response(hasBody: method != "HEAD")
    }
  }

  func header() async throws -> String {
    let response = try await ask("GET", "/v1/profiles/default/header")
    try #require(response.status == 200)
    return response.text
  }

  // The simulator's own interface.

  func set(faults: String) async throws { try await control("PUT", "faults", faults) }

  func clearFaults() async throws { try await control("DELETE", "faults") }

  func change(lifetime: Int) async throws {
    try await control("PUT", "lifetime", #"{"seconds":\#(lifetime)}"#)
  }

  /// Authentications so far.
  func authentications() async throws -> Int {
    let response = try await control("GET", "stats")
    return try #require(response["authenticate_requests"].flatMap { Int($0) })
  }

  @discardableResult
  private func control(_ method: String, _ path: String, _ body: String = "") async throws -> Response {
    let port = simulator.port
    let bytes = try await onThread {
      let wire = try Wire(port: port)
      let headers = ["Host: localhost", "Connection: close", "Content-Type: application/json"]
      try wire.ask(method, "/_sim/\(path)", headers, body: body)
      return try wire.readToEnd()
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let end = try #require(text.firstRange(of: "\r\n\r\n"))
    let status = try #require(Int(text.dropFirst("HTTP/1.1 ".count).prefix(3)))
    try #require(200..<300 ~= status, "\(text)")
    return Response(status: status, headers: [:], body: Array(text[end.upperBound...].utf8))
  }

  /// Looks again and again until it holds.
  func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
    // Only a hang is to be found out: the host may be busy.
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !holds() {
      try #require(ContinuousClock.now < deadline, "not within 60 s: \(what)\n\(log.text)")
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

/// Runs what blocks on a thread of its own, so that the tests beside it go on.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    let thread = Body { continuation.resume(with: Swift.Result { try body() }) }
    let box = Unmanaged.passRetained(thread)
    var id = pthread_t()
    let code = pthread_create(
      &id, nil,
      { box in
        if let box { Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    if code == 0 {
      pthread_detach(id)
    } else {
      box.release()
      continuation.resume(throwing: Wire.Failure("pthread_create", code))
    }
  }
}

private final class Body {
  let run: () -> Void

  init(_ run: @escaping () -> Void) {
    self.run = run
  }
}

/// Lets only so many through at a time.
actor Gate {
  private var free: Int
  private var queue: [CheckedContinuation<Void, Never>] = []

  init(width: Int) {
    free = width
  }

  func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { queue.append($0) }
    }
  }

  func leave() {
    if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() }
  }
}

/// Everything that was logged, fields too.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  func add(_ line: LogThread.Line) {
    let fields = line.fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    lines.withLock { $0.append("\(String(decoding: line.plain, as: UTF8.self)) \(fields)") }
  }

  var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
