import Glibc
import Synchronization
import Testing

/// A process of a test. ``end()`` must be called, or it outlives the test; ``Bench`` does that.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(Int32)
  }

  struct SpawnFailure: Error {
    let executable: String
    let errno: Int32
  }

  let pid: pid_t
  private let ending = Mutex<Ending?>(nil)

  /// Standard input is `/dev/null`. `output` and `error` are files, which it appends to.
  init(
    _ executable: String, _ arguments: [String], environment: [String: String], output: String, error: String
  ) throws(SpawnFailure) {
    pid = try Self.spawn(executable, arguments, environment: environment) { actions in
      let flags = O_WRONLY | O_CREAT | O_APPEND
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
      posix_spawn_file_actions_addopen(&actions, 2, error, flags, 0o600)
    }
    Guard.began(pid)
  }

  /// Starts a process in a group of its own (setpgid(2)), with all signals as they are at the start of one.
  static func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String],
    descriptors: (inout posix_spawn_file_actions_t) -> Void
  ) throws(SpawnFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    descriptors(&actions)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let settings = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(settings))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var pid = pid_t()
    let variables = environment.map { "\($0.key)=\($0.value)" }
    let code = withStrings([executable] + arguments) { arguments in
      withStrings(variables) { variables in
        posix_spawnp(&pid, executable, &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else { throw SpawnFailure(executable: executable, errno: code) }
    return pid
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }

  /// Looks whether it has ended; its pid belongs to it until this has said so.
  func poll() -> Ending? {
    ending.withLock { Self.reap(pid, &$0, options: WNOHANG) }
  }

  /// Does nothing once it has ended.
  func send(_ signal: Int32) {
    ending.withLock { ending in
      if Self.reap(pid, &ending, options: WNOHANG) == nil { kill(pid, signal) }
    }
  }

  /// Waits until it ends by itself.
  func ended(within limit: Duration = .longest) async throws -> Ending {
    try await eventually("the end of process \(pid)", within: limit) { poll() }
  }

  /// Ends it and its children at once, wherever they are.
  func end() {
    ending.withLock { ending in
      guard Self.reap(pid, &ending, options: WNOHANG) == nil else { return }
      // Its process group, which it leads.
      kill(-pid, SIGKILL)
      _ = Self.reap(pid, &ending, options: 0)
    }
  }

  private static func reap(_ pid: pid_t, _ ending: inout Ending?, options: Int32) -> Ending? {
    if ending != nil { return ending }
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(pid, &status, options) } while result < 0 && errno == EINTR
    guard result == pid else { return nil }
    Guard.ended(pid)
    let signal = status & 0x7F
    ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
    return ending
  }
}
