import CLinux
import Glibc
import LinuxSystem

/// The signals that go on to a command, and the news that it has ended (signalfd(2)).
struct ForwardedSignals: ~Copyable {
  struct Arrival: Equatable, Sendable {
    let signal: Int32
    /// The terminal sends to its whole foreground group, so the command has it already.
    let isFromTerminal: Bool
  }

  /// All by which people and programs ask something of a process; a stop and its end are left to the kernel.
  private static let signals = [
    SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCHLD,
  ]
  private static let fromKernel: Int32 = 0x80

  /// Blocks them in this thread and in those it will start, and has what was blocked before, which is what a command
  /// is to get. It must be looked at first on the main thread before there are others: a thread that doesn't block
  /// them would be ended by them, and threads of Dispatch block nearly everything.
  static let mask: sigset_t = {
    var (blocked, old) = (Self.set(of: signals), sigset_t())
    pthread_sigmask(SIG_BLOCK, &blocked, &old)
    // Where whoever started this ignores it, no ending could be waited for.
    signal(SIGCHLD, SIG_DFL)
    return old
  }()

  let descriptor: OwnedFD

  init() throws(SystemError) {
    _ = Self.mask
    var set = Self.set(of: Self.signals)
    descriptor = try OwnedFD("watch", "signals") {
      signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }
  }

  private static func set(of signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    return set
  }

  /// Those that have arrived since the last call.
  borrowing func take() -> [Arrival] {
    var arrivals: [Arrival] = []
    var info = signalfd_siginfo()
    while read(descriptor.raw, &info, MemoryLayout<signalfd_siginfo>.size)
      == MemoryLayout<signalfd_siginfo>.size
    {
      arrivals.append(
        Arrival(signal: Int32(info.ssi_signo), isFromTerminal: info.ssi_code == Self.fromKernel))
    }
    return arrivals
  }
}
