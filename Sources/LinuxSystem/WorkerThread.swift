internal import CLinux
internal import Glibc

/// A thread of its own for a loop that blocks in the kernel; it inherits the caller's signal mask.
package struct WorkerThread: ~Copyable, Sendable {
  private let thread: pthread_t

  /// Starts `body`. `name`: at most 15 bytes (pthread_setname_np(3)).
  ///
  /// - Throws: where the kernel gives no thread.
  package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        pthread_setname_np(pthread_self(), start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw SystemError("start", "a thread", errno: code)
    }
    self.thread = thread
  }

  /// Waits until the body has returned.
  package consuming func join() {
    pthread_join(thread, nil)
    discard self
  }

  deinit {
    pthread_detach(thread)
  }
}

private final class Start: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}
