import Dispatch
import Synchronization

/// Hands work to one thread, in order. What doesn't fit is dropped, so that a thread that hangs holds up nobody and
/// fills no memory.
final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var isClosed = false
    var isWaiting = false

    /// - Returns: whether the thread has to be woken.
    mutating func stopWaiting() -> Bool {
      defer { isWaiting = false }
      return isWaiting
    }
  }

  private let limit: Int
  private let state = Mutex(State())
  private let news = DispatchSemaphore(value: 0)

  /// `limit`: elements that wait at the same time.
  init(limit: Int) {
    self.limit = limit
  }

  /// - Returns: whether there was room, and the queue isn't closed.
  func push(_ element: Element) -> Bool {
    let (isTaken, wakes) = state.withLock { state in
      guard !state.isClosed, state.elements.count < limit else { return (false, false) }
      state.elements.append(element)
      return (true, state.stopWaiting())
    }
    if wakes { news.signal() }
    return isTaken
  }

  /// No more elements come; those that are there are still taken.
  func close() {
    let wakes = state.withLock { state in
      state.isClosed = true
      return state.stopWaiting()
    }
    if wakes { news.signal() }
  }

  /// For the one thread: all that has come since the last call; waits while there is nothing.
  ///
  /// - Returns: nothing once the queue is closed and empty.
  func take() -> [Element] {
    while true {
      let (elements, isClosed) = state.withLock { state in
        defer { state.elements = [] }
        state.isWaiting = state.elements.isEmpty && !state.isClosed
        return (state.elements, state.isClosed)
      }
      if !elements.isEmpty || isClosed { return elements }
      news.wait()
    }
  }
}
