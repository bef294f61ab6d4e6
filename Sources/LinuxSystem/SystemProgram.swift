internal import CLinux
internal import Glibc

/// A program of the system, such as systemctl, run to its end. It is found in the system's folders alone, whatever
/// `PATH` says, and gets no environment but what is given here.
package struct SystemProgram: Sendable {
  package struct Result: Sendable {
    /// As a shell has it: 128 and the signal's number if one ended it.
    package let exitCode: Int32
    package var output: [UInt8]
    package let error: [UInt8]

    package init(exitCode: Int32, output: [UInt8], error: [UInt8]) {
      self.exitCode = exitCode
      self.output = output
      self.error = error
    }
  }

  private static let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]

  private let path: String
  private let name: String
  private let environment: [String]
  /// How many bytes of its output, and of its messages, are kept.
  private let longestOutput: Int

  /// - Throws: ENOENT if the system has no such program.
  package init(_ name: String) throws(SystemError) {
    let paths = Self.folders.map { "\($0)/\(name)" }
    guard let path = paths.first(where: { access($0, X_OK) == 0 }) else {
      throw SystemError("find", "the program \(name)", errno: ENOENT)
    }
    self.init(
      path: path, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "SYSTEMD_PAGER="],
      longestOutput: 1 << 20)
  }

  /// A program of one's own. `longestOutput`: bytes of its output, and of its messages, that are kept.
  package init(path: String, environment: [String], longestOutput: Int) {
    self.path = path
    name = path.split(separator: "/").last.map(String.init) ?? path
    self.environment = environment
    self.longestOutput = longestOutput
  }

  /// Runs it and waits for its end.
  ///
  /// - Parameters:
  ///   - input: its standard input. A secret goes this way, since everybody may read a process's arguments.
  ///   - limit: after this it is killed.
  /// - Throws: ``SystemError``; ETIMEDOUT if it took too long.
  package func run(_ arguments: [String], input: [UInt8] = [], limit: Duration) throws(SystemError) -> Result
  {
    let deadline = ContinuousClock.now + limit
    let source = try SealedMemory.make(name: "assetit-input", holding: input)
    lseek(source.raw, 0, SEEK_SET)
    var output = try Pipe()
    var messages = try Pipe()
    let pid = try start(arguments, [source.raw, output.writer, messages.writer])
    output.closeWriter()
    messages.closeWriter()
    var (outputBytes, messageBytes) = ([UInt8](), [UInt8]())
    var (isOutputOpen, areMessagesOpen) = (true, true)
    var ending = Self.ending(of: pid)
    while (isOutputOpen || areMessagesOpen || ending == nil) && ContinuousClock.now < deadline {
      var polled = [isOutputOpen ? output.reader.raw : -1, areMessagesOpen ? messages.reader.raw : -1].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // Without output to wait for, the process is at its end.
      poll(&polled, 2, isOutputOpen || areMessagesOpen ? 20 : 1)
      if isOutputOpen { isOutputOpen = take(from: output, into: &outputBytes) }
      if areMessagesOpen { areMessagesOpen = take(from: messages, into: &messageBytes) }
      ending = ending ?? Self.ending(of: pid)
    }
    guard let ending else {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw SystemError("wait for", "\(name) \(arguments.first ?? "")", errno: ETIMEDOUT)
    }
    return Result(exitCode: ending, output: outputBytes, error: messageBytes)
  }

  /// - Returns: whether more may come.
  private func take(from pipe: borrowing Pipe, into bytes: inout [UInt8]) -> Bool {
    guard let piece = pipe.read() else { return false }
    bytes += piece.prefix(max(0, longestOutput - bytes.count))
    return true
  }

  /// `nil` while it runs.
  private static func ending(of pid: pid_t) -> Int32? {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  /// `streams`: what it has as descriptors 0 to 2.
  private func start(_ arguments: [String], _ streams: [Int32]) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, stream, Int32(number))
    }
    // Whatever a library left open to others.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var (mask, defaults) = (sigset_t(), sigset_t())
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    sigfillset(&defaults)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    var pid = pid_t()
    let code = CStringArray.with([path] + arguments) { arguments in
      CStringArray.with(environment) { posix_spawn(&pid, path, &actions, &attributes, arguments, $0) }
    }
    guard code == 0 else { throw SystemError("run", path, errno: code) }
    return pid
  }
}

/// Strings as C has them for a process's start.
package enum CStringArray {
  /// Lends the strings, with a null pointer after the last.
  package static func with<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    defer { copies.deallocate() }
    for (index, string) in strings.enumerated() { copies[index] = strdup(string) }
    copies[strings.count] = nil
    defer { for index in strings.indices { free(copies[index]) } }
    return body(copies)
  }
}
