internal import CLinux
internal import Glibc
internal import TokenCore

/// A counting semaphore (sem_overview(7)) whose waits end by the monotonic clock. Those of Dispatch end by the time of
/// day on Linux, so a clock that is set meanwhile would end them at once, or hours later.
package final class TimedSemaphore: Sendable {
  /// Of the sem_t, as a number, because nothing but the functions below may touch it.
  private let address: UInt

  package init() {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
    address = UInt(bitPattern: semaphore)
  }

  deinit {
    guard let semaphore else { return }
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  private var semaphore: UnsafeMutablePointer<sem_t>? { UnsafeMutablePointer(bitPattern: address) }

  package func signal() {
    guard let semaphore else { return }
    sem_post(semaphore)
  }

  package func wait() {
    guard let semaphore else { return }
    while sem_wait(semaphore) != 0, errno == EINTR {}
  }

  /// Waits until ``signal()`` has been called once more than waits have ended, for this long at most.
  ///
  /// - Returns: whether it has.
  package func wait(within limit: Duration) -> Bool {
    guard let semaphore else { return false }
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let end = Duration.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) + max(limit, .zero)
    var deadline = timespec(
      tv_sec: Int(end.components.seconds), tv_nsec: Int(end.components.attoseconds / 1_000_000_000))
    while sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }
}
