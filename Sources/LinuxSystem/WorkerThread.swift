internal import CLinux
internal import Glibc

/// A thread of its own for a loop that blocks in the kernel. It inherits the signal mask of the thread that
/// makes it.
package struct WorkerThread: Sendable {
  private let id: pthread_t

  /// Starts `body`. `name`: at most 15 bytes (pthread_setname_np(3)).
  ///
  /// - Throws: where the kernel gives no thread (pthread_create(3)).
  package init(name: String, _ body: sending @escaping () -> Void) throws(SystemError) {
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var id = pthread_t()
    let code = pthread_create(
      &id, nil,
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
    self.id = id
  }

  /// Waits until the body has returned; to be called once. On the thread itself, which can't wait for itself, it
  /// lets it end alone.
  package func join() {
    if pthread_equal(id, pthread_self()) != 0 {
      pthread_detach(id)
    } else {
      pthread_join(id, nil)
    }
  }

  /// Lets it end alone, whenever that is; to be called once, instead of ``join()``.
  package func detach() {
    pthread_detach(id)
  }

  private final class Start {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
