internal import CLinux
internal import Glibc

/// Tells when names in folders come, go, or are given another content or mode (inotify(7)). A file that is still
/// being written isn't told before it is closed (no IN_MODIFY).
package final class FolderWatch: Sendable {
  package enum Event: Equatable, Sendable {
    /// The entry `name` of the folder is another one, or has another mode.
    case changed(watch: Int32, name: String)
    /// The folder itself was removed, renamed, unmounted, or given another mode; after the first three it isn't
    /// watched any more.
    case folder(watch: Int32)
    /// The kernel's queue was full: anything may have changed.
    case overflow
  }

  private static let mask = UInt32(
    IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF
      | IN_MOVE_SELF)
  /// A removed file that is still open somewhere tells nothing any more.
  private static let flags = UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)

  private let descriptor: OwnedFD

  /// - Throws: where this user has no instance left (`fs.inotify.max_user_instances`).
  package init() throws(SystemError) {
    descriptor = try OwnedFD("make", "an inotify instance") {
      inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    }
  }

  /// Watches a folder, not what is in its own folders. The same folder has the same number again.
  ///
  /// - Returns: the watch's number, which is not used again.
  /// - Throws: where the folder is missing or can't be read, or no watch is left (`fs.inotify.max_user_watches`,
  ///   ENOSPC).
  package func add(_ folder: String) throws(SystemError) -> Int32 {
    try retrying("watch", folder) { inotify_add_watch(descriptor.raw, folder, Self.mask | Self.flags) }
  }

  package func remove(_ watch: Int32) {
    inotify_rm_watch(descriptor.raw, watch)
  }

  package func watch(in epoll: borrowing Epoll, tag: UInt64) throws(SystemError) {
    try epoll.add(descriptor.raw, .readable, tag: tag)
  }

  /// Whether events wake the ``Epoll`` that it was given to; they gather while they don't.
  package func listen(_ listens: Bool, in epoll: borrowing Epoll, tag: UInt64) {
    // It can fail for want of memory alone; then events are taken as before.
    try? epoll.change(descriptor.raw, listens ? .readable : .hangUp, tag: tag)
  }

  /// What has happened since the last call, of one buffer's size at most; empty where nothing has.
  package func events() -> [Event] {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
      let count = read(descriptor.raw, buffer.baseAddress, buffer.count)
      guard count > 0 else { return [] }
      return Self.events(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private static func events(in bytes: UnsafeRawBufferPointer) -> [Event] {
    var events: [Event] = []
    var rest = bytes
    let head = MemoryLayout<inotify_event>.size
    while rest.count >= head {
      let event = rest.loadUnaligned(as: inotify_event.self)
      let end = head + min(Int(event.len), rest.count - head)
      let name = String(decoding: rest[head..<end].prefix { $0 != 0 }, as: UTF8.self)
      rest = UnsafeRawBufferPointer(rebasing: rest[end...])
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
        events.append(.overflow)
      } else if name.isEmpty {
        events.append(.folder(watch: event.wd))
      } else {
        events.append(.changed(watch: event.wd, name: name))
      }
    }
    return events
  }
}
