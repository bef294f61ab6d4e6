internal import CLinux
internal import Glibc

/// Wakes a thread that waits in ``Epoll`` (eventfd(2)).
package struct WakeUp: ~Copyable, Sendable {
  private let descriptor: OwnedFD

  package init() throws(SystemError) {
    descriptor = try OwnedFD("make", "an eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
  }

  package func ring() {
    eventfd_write(descriptor.raw, 1)
  }

  /// Takes all rings so far.
  package func clear() {
    var count: eventfd_t = 0
    eventfd_read(descriptor.raw, &count)
  }

  package func watch(in epoll: borrowing Epoll, tag: UInt64) throws(SystemError) {
    try epoll.add(descriptor.raw, .readable, tag: tag)
  }
}
