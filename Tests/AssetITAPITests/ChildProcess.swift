import Glibc

/// A process with pipes at its standard input and output; what it says on standard error is dropped.
final class ChildProcess: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
  }

  private let pid: pid_t
  private let input: Int32
  private let output: Int32

  /// - Parameter command: a program that is looked for in PATH, and its arguments.
  init(_ command: [String]) throws {
    var (toChild, fromChild): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw Failure(what: "pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    // Else it would keep other tests' connections open.
    for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Threads of a pool block every signal, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid = pid_t()
    let code = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, environ)
    Glibc.close(toChild[0])
    Glibc.close(fromChild[1])
    self.pid = pid
    input = toChild[1]
    output = fromChild[0]
    guard code == 0 else {
      close()
      throw Failure(what: "\(command[0]): \(String(cString: strerror(code)))")
    }
  }

  /// Runs a command to its end and returns what it printed.
  @discardableResult
  static func run(_ command: [String]) throws -> String {
    String(decoding: try bytes(command), as: UTF8.self)
  }

  /// The same, as bytes.
  static func bytes(_ command: [String]) throws -> [UInt8] {
    let process = try ChildProcess(command)
    defer { process.close() }
    var printed: [UInt8] = []
    while true {
      let read = process.readBytes()
      if read.isEmpty { break }
      printed += read
    }
    guard process.wait() == 0 else {
      throw Failure(
        what: "\(command.joined(separator: " ")) failed: \(String(decoding: printed, as: UTF8.self))")
    }
    return printed
  }

  /// Waits for output; empty: there will be no more.
  func read() -> String { String(decoding: readBytes(), as: UTF8.self) }

  private func readBytes() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(output, &buffer, buffer.count)
    return Array(buffer.prefix(max(count, 0)))
  }

  func write(_ bytes: [UInt8]) {
    _ = Glibc.write(input, bytes, bytes.count)
  }

  /// Ends it by SIGTERM and waits.
  func end() {
    kill(pid, SIGTERM)
    _ = wait()
  }

  func close() {
    Glibc.close(input)
    Glibc.close(output)
  }

  private func wait() -> Int32 {
    var status: Int32 = -1
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
