internal import Glibc

/// A thread that runs one closure. It inherits the signal mask of the thread that makes it.
struct LoopThread: Sendable {
  private let id: pthread_t

  /// - Throws: ``ExchangeClientError/thread(errno:)`` as pthread_create(3) says.
  init(_ body: sending @escaping () -> Void) throws(ExchangeClientError) {
    let start = Unmanaged.passRetained(Start(body))
    var id = pthread_t()
    let code = pthread_create(
      &id, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw .thread(errno: code)
    }
    self.id = id
  }

  /// Waits for its end; on the thread itself, which can't, lets it end alone.
  func join() {
    if pthread_equal(id, pthread_self()) != 0 {
      pthread_detach(id)
    } else {
      pthread_join(id, nil)
    }
  }

  private final class Start {
    let body: () -> Void

    init(_ body: @escaping () -> Void) {
      self.body = body
    }
  }
}
