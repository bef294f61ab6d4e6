internal import Glibc
package import LinuxSystem
package import TokenCore

/// Asks somebody at the terminal (/dev/tty), whatever standard output leads to.
package final class Prompt {
  package enum Failure: Error, Equatable {
    /// The terminal said end-of-file, or is gone.
    case ended
    case interrupted(signal: Int32)
    case system(SystemError)
  }

  /// The longest line of a terminal (termios(3), Canonical mode) and its end.
  private static let longestLine = 4096

  private let terminal: OwnedFD

  /// `nil` if standard input is no terminal: nobody sits there.
  package init?() {
    guard isatty(STDIN_FILENO) == 1,
      let opened = try? OwnedFD("open", "the terminal", { open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) })
    else { return nil }
    terminal = opened
  }

  package func say(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(terminal.raw, $0.baseAddress, $0.count) }
  }

  /// The line without its end and without spaces around it.
  package func line(_ question: String) throws(Failure) -> String {
    say(question)
    let answer = try read()
    guard let text = answer.text else { return "" }
    var line = text[...]
    while line.first?.isWhitespace == true { line.removeFirst() }
    while line.last?.isWhitespace == true { line.removeLast() }
    return String(line)
  }

  /// Without showing what is typed.
  package func secret(_ question: String) throws(Failure) -> Secret {
    say(question)
    var (shown, hidden) = (termios(), termios())
    guard tcgetattr(terminal.raw, &shown) == 0 else { throw .system(SystemError("set up", "the terminal")) }
    hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK)
    hidden.c_lflag |= tcflag_t(ECHONL)
    guard tcsetattr(terminal.raw, TCSAFLUSH, &hidden) == 0 else {
      throw .system(SystemError("set up", "the terminal"))
    }
    defer { tcsetattr(terminal.raw, TCSAFLUSH, &shown) }
    return try read()
  }

  /// Anything but a yes is a no.
  package func confirms(_ question: String) throws(Failure) -> Bool {
    ["y", "yes"].contains(try line(question + " [y/N] ").lowercased())
  }

  private func read() throws(Failure) -> Secret {
    let signals: BlockedSignals
    do throws(SystemError) {
      signals = try BlockedSignals()
    } catch {
      throw .system(error)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.longestLine + 1)
    defer { bytes.wipe() }
    while bytes.count <= Self.longestLine {
      var polled = [terminal.raw, signals.descriptor.raw].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      poll(&polled, 2, -1)
      if let signal = signals.take() { throw .interrupted(signal: signal) }
      guard polled[0].revents != 0 else { continue }
      var byte: UInt8 = 0
      let count = Glibc.read(terminal.raw, &byte, 1)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count == 1 else { throw .ended }
      if byte == UInt8(ascii: "\n") { return Secret(bytes) }
      bytes.append(byte)
    }
    throw .ended
  }
}

extension Prompt.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .ended: "nothing was entered, so nothing was changed"
    case .interrupted: "interrupted; nothing was changed"
    case .system(let error): "\(error); nothing was changed"
    }
  }

  /// As a shell has it where a signal was the reason.
  package var exitCode: Int32 {
    switch self {
    case .ended: OperatorFailure.Status.usage.rawValue
    case .interrupted(let signal): 128 + signal
    case .system: OperatorFailure.Status.unavailable.rawValue
    }
  }
}
