internal import Glibc
package import LinuxSystem

/// Keeps two programs from changing the configuration at the same time (flock(2) on its folder).
package final class SettingLock {
  private let folder: OwnedFD

  /// Takes the lock, and removes what an earlier program that was killed has left in these folders.
  ///
  /// - Throws: EWOULDBLOCK where somebody else holds it.
  package init(folder path: String, cleaning folders: [String]) throws(SystemError) {
    let opened = try OwnedFD("open the folder", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    let raw = opened.raw
    try retrying("lock the folder", path) { flock(raw, LOCK_EX | LOCK_NB) }
    folder = opened
    for folder in folders { Self.clean(folder) }
  }

  private static func clean(_ path: String) {
    guard let stream = opendir(path) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      guard name.hasPrefix(StagedFile.temporaryPrefix),
        fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0,
        status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid()
      else { continue }
      unlinkat(dirfd(stream), name, 0)
    }
  }
}
