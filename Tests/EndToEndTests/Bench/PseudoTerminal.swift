import Glibc
import Synchronization
import Testing

/// A terminal that a test types at (pty(7)). What is shown is collected on a thread of its own.
final class PseudoTerminal: Sendable {
  /// The end that a program uses.
  let path: String
  private let master: Int32
  private let collected = Mutex<[UInt8]>([])

  init() throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(master >= 0)
    // unlockpt(3) and ptsname(3), which Swift's Glibc lacks: TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)).
    var (lock, number): (Int32, UInt32) = (0, 0)
    try #require(ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
    path = "/dev/pts/\(number)"
    startThread { [weak self, master] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(master, &buffer, buffer.count)
        // EIO while no program has it open (pty(7) on Linux).
        if count < 0, errno == EIO { usleep(5_000) }
        guard let self, count != 0, count > 0 || errno == EIO || errno == EINTR else { return }
        if count > 0 { self.collected.withLock { $0 += buffer[..<count] } }
      }
    }
  }

  deinit {
    close(master)
  }

  var shown: String { collected.withLock { String(decoding: $0, as: UTF8.self) } }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(master, bytes, bytes.count)
  }

  func type(_ text: String, after prompt: String) async throws {
    try await eventually("the prompt \(prompt); shown is: \(shown)") { shown.contains(prompt) }
    type(text)
  }

  /// Whether what is typed is shown (termios(3), ECHO).
  var echoes: Bool {
    var settings = termios()
    return tcgetattr(master, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }
}
