internal import CLinux
internal import Glibc
package import TokenCore

/// A timer on the boot-time clock that an ``Epoll`` waits for (timerfd_create(2)): a machine that wakes from suspend
/// finds it due.
package struct BootAlarm: ~Copyable, Sendable {
  private let descriptor: OwnedFD

  /// - Throws: where the kernel has no descriptor left.
  package init() throws(SystemError) {
    descriptor = try OwnedFD("make", "a timer") { clinux_boot_alarm() }
  }

  /// Rings once at `time`, at once where it has passed; `nil`: not any more. An earlier setting is forgotten.
  package func set(_ time: BootTime?) {
    // A value of 0 would disarm it.
    let nanoseconds = time.map { max($0.nanoseconds, 1) } ?? 0
    clinux_set_alarm(descriptor.raw, Int(nanoseconds / 1_000_000_000), Int(nanoseconds % 1_000_000_000))
  }

  /// Takes the ring, so that the descriptor isn't readable any more.
  package func clear() {
    var count: UInt64 = 0
    read(descriptor.raw, &count, MemoryLayout<UInt64>.size)
  }

  package func watch(in epoll: borrowing Epoll, tag: UInt64) throws(SystemError) {
    try epoll.add(descriptor.raw, .readable, tag: tag)
  }
}
