internal import CLinux
internal import Glibc

/// Signals as events of an ``Epoll`` (signalfd(2)), so that no code ever runs inside a signal handler.
package struct SignalQueue: ~Copyable, Sendable {
  private let descriptor: OwnedFD

  /// Blocks `signals` in this thread and all that it starts. Call it before there are others: a thread that doesn't block
  /// them would be ended by them. `SIGPIPE` is ignored for good.
  package static func block(_ signals: [Int32]) {
    var set = sigset_t(signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    ignorePipe()
  }

  /// A connection that breaks is an error of the call, not the end of the process.
  package static func ignorePipe() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// `signals` must be blocked already.
  ///
  /// - Throws: where the kernel gives no descriptor for it.
  package init(_ signals: [Int32]) throws(SystemError) {
    var set = sigset_t(signals)
    descriptor = try OwnedFD("watch", "signals") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) }
  }

  /// The next signal that has come; `nil` where none has.
  package func next() -> Int32? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    return read(descriptor.raw, &info, size) == size ? Int32(bitPattern: info.ssi_signo) : nil
  }

  package func watch(in epoll: borrowing Epoll, tag: UInt64) throws(SystemError) {
    try epoll.add(descriptor.raw, .readable, tag: tag)
  }
}

extension sigset_t {
  fileprivate init(_ signals: [Int32]) {
    self.init()
    sigemptyset(&self)
    for signal in signals { sigaddset(&self, signal) }
  }
}
