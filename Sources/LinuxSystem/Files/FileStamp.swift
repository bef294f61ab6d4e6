internal import Glibc

/// What tells that a file was changed or replaced; equal stamps mean the same content. A symbolic link is
/// followed, so that a switched link counts too.
package struct FileStamp: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let modified: Moment
  private let changed: Moment

  /// As the file system has it. Seconds of any size are possible: the owner of a file sets its times (utimensat(2)).
  private struct Moment: Equatable {
    let seconds: Int64
    let nanoseconds: Int64

    init(_ time: timespec) {
      seconds = Int64(time.tv_sec)
      nanoseconds = Int64(time.tv_nsec)
    }
  }

  /// `nil` where there is no such file or it can't be looked at (stat(2)).
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Moment(status.st_mtim)
    changed = Moment(status.st_ctim)
  }
}
