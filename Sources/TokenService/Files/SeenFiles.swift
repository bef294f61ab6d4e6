import LinuxSystem
import Synchronization

/// How watched files were when this process last read or wrote them, and which changes it makes itself: the kernel tells
/// of those as of any others.
final class SeenFiles: Sendable {
  private struct Seen {
    /// How many of the next events are our own; `nil` while the kernel doesn't tell of changes.
    var expected: Int?
    /// `nil`: not looked at yet; no stamp: missing.
    var stamp: FileStamp??
  }

  private let files = Mutex<[String: Seen]>([:])

  /// The kernel tells of changes to this path from now on, or it may have lost some.
  func begin(_ path: String) { files.withLock { $0[path, default: Seen()].expected = 0 } }

  func end(_ path: String) { files.withLock { $0[path] = nil } }

  /// Call it right before a change of our own.
  func expect(_ path: String) { files.withLock { $0[path]?.expected? += 1 } }

  /// The change wasn't made.
  func takeBack(_ path: String) {
    files.withLock { files in
      guard let count = files[path]?.expected, count > 0 else { return }
      files[path]?.expected = count - 1
    }
  }

  /// Whether an event that came is one of ours. A change by somebody else before it isn't lost: this event is taken for
  /// that one, and the next for this.
  func isOwn(_ path: String) -> Bool {
    files.withLock { files in
      guard let count = files[path]?.expected, count > 0 else { return false }
      files[path]?.expected = count - 1
      return true
    }
  }

  /// It will be read or written anew, whatever it is now.
  func forget(_ path: String) { files.withLock { $0[path]?.stamp = nil } }

  /// Call it before reading a file, and after writing one.
  func note(_ path: String) {
    let stamp = FileStamp(path: path)
    files.withLock { $0[path, default: Seen()].stamp = .some(stamp) }
  }

  /// Looks whether the file is another one than the one that was read or written last.
  func hasChanged(_ path: String) -> Bool {
    let stamp = FileStamp(path: path)
    return files.withLock { files in
      let before = files[path]?.stamp
      files[path, default: Seen()].stamp = .some(stamp)
      return before.map { $0 != stamp } ?? false
    }
  }
}
