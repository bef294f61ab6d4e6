import LinuxSystem
import Synchronization

/// Waits for folders while a configuration is read at a start: each for a moment, and for all that hang no longer than the
/// job may take.
final class FolderPatience: Sendable {
  private struct State {
    var hanging: Set<String> = []
  }

  private let threads = JobThreads(name: "folders")
  private let state = Mutex(State())

  /// - Returns: whether it has returned; not where an earlier look into the folder still hangs.
  @Sendable
  func attempt(_ folder: String, _ look: @escaping @Sendable () -> Void) -> Bool {
    let (isHanging, others) = state.withLock { ($0.hanging.contains(folder), $0.hanging.count) }
    guard !isHanging else { return false }
    let done = TimedSemaphore()
    do throws(SystemError) {
      try threads.run { [self] in
        look()
        done.signal()
        state.withLock { _ = $0.hanging.remove(folder) }
      }
    } catch {
      return false
    }
    let limit = Duration.milliseconds(max(50, 500 - 100 * others))
    guard !done.wait(within: limit) else { return true }
    state.withLock { _ = $0.hanging.insert(folder) }
    // It may have returned just now.
    guard done.wait(within: .zero) else { return false }
    state.withLock { _ = $0.hanging.remove(folder) }
    return true
  }
}
