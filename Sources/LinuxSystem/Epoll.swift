internal import CLinux
internal import Glibc

/// Waits for many descriptors at once (epoll(7)), level-triggered.
package struct Epoll: ~Copyable, Sendable {
  package enum Interest: Sendable {
    /// Only that the other end has closed, which is always told.
    case hangUp
    case readable
    case writable
  }

  private let descriptor: OwnedFD

  package init() throws(SystemError) {
    descriptor = try OwnedFD("make", "an epoll instance") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
  }

  /// Watches `fd`; `tag` comes back with its events. A closed descriptor is forgotten by the kernel.
  package func add(_ fd: Int32, _ interest: Interest, tag: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_ADD, fd, interest, tag)
  }

  package func change(_ fd: Int32, _ interest: Interest, tag: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_MOD, fd, interest, tag)
  }

  package func remove(_ fd: Int32) {
    var event = epoll_event()
    epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, fd, &event)
  }

  /// The tags of those that are ready; none when the time is over or a signal came. `timeout` in
  /// milliseconds; `nil`: for as long as it takes.
  package func wait(timeout: Int32?, into tags: inout [UInt64]) {
    tags.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 128) { events in
      let count = clinux_epoll_wait(
        descriptor.raw, events.baseAddress, Int32(events.count), timeout ?? -1)
      for index in 0..<max(0, Int(count)) { tags.append(events[index].data.u64) }
    }
  }

  private func control(_ operation: Int32, _ fd: Int32, _ interest: Interest, _ tag: UInt64)
    throws(SystemError)
  {
    var event = epoll_event()
    event.data.u64 = tag
    event.events =
      switch interest {
      case .hangUp: 0
      case .readable: EPOLLIN.rawValue
      case .writable: EPOLLOUT.rawValue
      }
    try retrying("watch", "descriptor \(fd)") { epoll_ctl(descriptor.raw, operation, fd, &event) }
  }
}
