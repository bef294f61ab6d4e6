import CLinux
import Glibc
import LinuxSystem

/// How a process ended.
enum ChildEnding: Equatable, Sendable {
  case exited(Int32)
  case killed(Int32)

  /// As a shell says it.
  var exitCode: Int32 {
    switch self {
    case .exited(let code): code
    case .killed(let signal): 128 + signal
    }
  }
}

/// A process that couldn't be started (posix_spawn(3)).
struct SpawnFailure: Error, Equatable, CustomStringConvertible {
  let command: String
  let errno: Int32

  var description: String {
    errno == ENOENT
      ? "there is no command \(command)" : "\(command) cannot be run: \(String(cString: strerror(errno)))"
  }

  /// As env(1) and the shell have it.
  var exitCode: Int32 { errno == ENOENT ? 127 : 126 }
}

/// Processes that this one starts. Each inherits the process group and what is ignored.
enum ChildProcess {
  /// What it gets besides the environment.
  struct Setup {
    /// Instead of this process's standard input.
    var input: Int32?
    /// Instead of this process's standard output.
    var output: Int32?
    /// Open in it under the same numbers.
    var descriptors: [Int32] = []
    /// The signals that it has blocked.
    var mask: sigset_t
  }

  /// Starts a command, found by `PATH`; it has at least its name.
  static func start(_ command: [String], _ setup: Setup) throws(SpawnFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input = setup.input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
    if let output = setup.output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
    // Onto itself: that takes close-on-exec away.
    for descriptor in setup.descriptors { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var (mask, defaults) = (setup.mask, sigset_t())
    posix_spawnattr_setsigmask(&attributes, &mask)
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)

    var pid = pid_t()
    let code = CStringArray.with(command) {
      posix_spawnp(&pid, command[0], &actions, &attributes, $0, environ)
    }
    guard code == 0 else { throw SpawnFailure(command: command[0], errno: code) }
    return pid
  }

  /// Becomes the command, with these signals blocked; returns only where that fails.
  static func become(_ command: [String], mask: sigset_t) -> SpawnFailure {
    var mask = mask
    pthread_sigmask(SIG_SETMASK, &mask, nil)
    CStringArray.with(command) { _ = execvp(command[0], $0) }
    return SpawnFailure(command: command[0], errno: errno)
  }

  /// - Returns: `nil` while it runs.
  static func poll(_ pid: pid_t) -> ChildEnding? { wait(pid, WNOHANG) }

  static func wait(_ pid: pid_t) -> ChildEnding { wait(pid, 0) ?? .exited(0) }

  private static func wait(_ pid: pid_t, _ options: Int32) -> ChildEnding? {
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(pid, &status, options) } while result < 0 && errno == EINTR
    guard result == pid else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
  }
}
