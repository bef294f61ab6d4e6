import Glibc
import Synchronization
import TestSupport
import Testing

/// What one test works with: a folder of its own and the processes in it. All of it goes with the bench, however
/// the test ends.
final class Bench: Sendable {
  static let secret = "s3cret-OF-the-bench-7491"

  let folder: String
  /// Where sockets and files go: `$RUNTIME_DIRECTORY`.
  let runtime: String
  let configurationPath: String
  private let processes = Mutex<[ChildProcess]>([])
  private let lastActs = Mutex<[@Sendable () -> Void]>([])

  init() throws {
    Guard.start()
    // Short, since the path of a socket has 107 bytes.
    var template = Array("/tmp/e2e-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
    folder = String(cString: try #require(made))
    runtime = "\(folder)/run"
    configurationPath = "\(folder)/config.toml"
    mkdir(runtime, 0o755)
    try Files.write(Self.secret + "\n", to: secretPath)
  }

  deinit {
    for process in processes.withLock({ $0 }).reversed() { process.end() }
    for act in lastActs.withLock({ $0 }) { act() }
    if getenv("ASSETIT_KEEP_BENCH") == nil { Files.remove(folder) }
  }

  var secretPath: String { "\(folder)/secret" }

  func path(_ name: String) -> String { "\(runtime)/\(name)" }

  /// The names of what profiles have put there: all but the HTTP socket and the list of header files.
  var outlets: [String] { Files.names(in: runtime).filter { $0 != "api.sock" && $0 != ".published" } }

  /// The default places of a profile's socket and header file.
  var socket: String { path("default.sock") }
  var file: String { path("default.header") }

  /// Waits until somebody listens on the socket; its path is there a moment before.
  func listens() async throws {
    try await eventually("somebody who listens") { (try? ClientSocket(path: socket)) != nil }
  }

  /// Waits until the profile's header file holds that header; it is written just after readers are served.
  func fileHolds(_ header: Header) async throws {
    try await eventually("the header in its file") { try Files.content(file) == Array(header.text.utf8) }
  }

  /// To be done once all processes have ended.
  func atEnd(_ act: @escaping @Sendable () -> Void) {
    lastActs.withLock { $0.append(act) }
  }

  /// Starts any process, which the bench ends.
  func start(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:], as name: String,
    error: String? = nil
  ) throws -> ChildProcess {
    let variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }
    let process = try ChildProcess(
      executable, arguments, environment: variables, output: "\(folder)/\(name).out",
      error: error ?? "\(folder)/\(name).err")
    processes.withLock { $0.append(process) }
    return process
  }

  /// `port`: of the simulator that this one takes the place of; 0: any free one.
  func simulator(lifetime: Int = 3600, port: Int = 0, _ name: String = "sim") async throws -> Simulator {
    let portFile = "\(folder)/\(name).port"
    unlink(portFile)
    let arguments = [
      "--listen", "127.0.0.1:\(port)", "--lifetime", "\(lifetime)", "--secret-file", secretPath,
      "--port-file", portFile,
    ]
    let process = try start(BuiltProgram.simulator.path, arguments, as: name)
    let port = try await eventually("the simulator's port") {
      if let ending = process.poll() { Issue.record("the simulator ended: \(ending)") }
      return Int(Files.text(portFile))
    }
    return Simulator(process: process, port: port)
  }

  /// The tables of a profile that authenticates at a simulator and, unless `refresh` says otherwise, doesn't wait
  /// long after a failure. `api`, `refresh` and `socket` are further lines in those tables, `files` whole tables.
  func profile(
    _ name: String = "default", at port: Int, api: String = "", refresh: String = "", socket: String = "",
    files: String = "", scheme: String = "http"
  ) -> String {
    """
    [profiles.\(name)]
    base_url = "\(scheme)://127.0.0.1:\(port)"
    client_id = "demo-client"
    client_secret_file = "\(secretPath)"
    [profiles.\(name).api]
    \(api)
    [profiles.\(name).refresh]
    \(refresh.contains("retry_") ? "" : "retry_min = \"100ms\"\nretry_max = \"500ms\"")
    \(refresh)
    [profiles.\(name).socket]
    \(socket)
    \(files)

    """
  }

  func configure(_ text: String) throws {
    try Files.write(text, to: configurationPath)
  }

  /// Starts the daemon with the configuration. `wrapper`: a program and arguments that end in an exec of the
  /// daemon's own.
  func daemon(
    _ arguments: [String] = ["run"], environment: [String: String] = [:], wrapper: [String] = [],
    as name: String = "daemon", error: String? = nil
  ) throws -> Daemon {
    let command = wrapper + [BuiltProgram.daemon.path] + arguments + ["--config", configurationPath]
    let variables = ["RUNTIME_DIRECTORY": runtime].merging(environment) { $1 }
    let process = try start(
      command[0], Array(command.dropFirst()), environment: variables, as: name, error: error)
    return Daemon(
      process: process, outputPath: "\(folder)/\(name).out", logPath: error ?? "\(folder)/\(name).err")
  }
}

extension String {
  /// With the first `old` replaced.
  func replacing(_ old: String, with new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
