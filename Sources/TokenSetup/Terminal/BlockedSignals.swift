internal import CLinux
internal import Glibc
internal import LinuxSystem

/// Keeps signals that end programs from ending this one while something has to be put back first (signalfd(2)).
struct BlockedSignals: ~Copyable {
  private static let signals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP]

  let descriptor: OwnedFD
  private var before: sigset_t

  init() throws(SystemError) {
    var (set, before) = (sigset_t(), sigset_t())
    sigemptyset(&set)
    for signal in Self.signals { sigaddset(&set, signal) }
    descriptor = try OwnedFD("watch", "signals") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) }
    pthread_sigmask(SIG_BLOCK, &set, &before)
    self.before = before
  }

  /// One that has come and ends programs.
  borrowing func take() -> Int32? {
    var info = signalfd_siginfo()
    while read(descriptor.raw, &info, MemoryLayout<signalfd_siginfo>.size)
      == MemoryLayout<signalfd_siginfo>.size
    {
      // Nobody is stopped in the middle of a secret.
      if Int32(info.ssi_signo) != SIGTSTP { return Int32(info.ssi_signo) }
    }
    return nil
  }

  deinit {
    var before = before
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
