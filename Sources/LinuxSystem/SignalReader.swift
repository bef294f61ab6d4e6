internal import CLinux
package import Dispatch
internal import Glibc

/// Signals as events on a queue (signalfd(2)), so that no code ever runs inside a signal handler.
package struct SignalReader: ~Copyable {
  private let source: any DispatchSourceRead

  /// Blocks `signals` in this thread and all that it starts. Call it before there are others: a thread that
  /// doesn't block them would be ended by them. `SIGPIPE` is ignored for good.
  package static func block(_ signals: [Int32]) {
    var set = sigset_t(signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    ignorePipe()
  }

  /// A connection that breaks is an error of the call, not the end of the process.
  package static func ignorePipe() {
    signal(SIGPIPE, SIG_IGN)
  }

  /// Calls `handler` on `queue` for each of the signals that arrives. They must be blocked already.
  ///
  /// - Throws: where the kernel gives no descriptor for it.
  package init(
    _ signals: [Int32], queue: DispatchQueue, handler: @escaping @Sendable (Int32) -> Void
  ) throws(SystemError) {
    var set = sigset_t(signals)
    let descriptor = try OwnedFD("watch", "signals") {
      signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }
    let raw = descriptor.release()
    source = DispatchSource.makeReadSource(fileDescriptor: raw, queue: queue)
    source.setEventHandler {
      var info = signalfd_siginfo()
      while read(raw, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
        handler(Int32(info.ssi_signo))
      }
    }
    source.setCancelHandler { close(raw) }
    source.activate()
  }

  deinit {
    source.cancel()
  }
}

extension sigset_t {
  fileprivate init(_ signals: [Int32]) {
    self.init()
    sigemptyset(&self)
    for signal in signals { sigaddset(&self, signal) }
  }
}
