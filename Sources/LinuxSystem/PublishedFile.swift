internal import Glibc
package import TokenCore

/// A file that is replaced as a whole: whoever opens its path gets all of the old content or all of the new.
package struct PublishedFile: Equatable, Sendable {
  package let path: String
  package let ownership: Ownership

  package init(path: String, ownership: Ownership) {
    self.path = path
    self.ownership = ownership
  }

  /// Writes a temporary file in the same directory, gives it its final group and mode, syncs it and renames
  /// it into place. Where anything fails the old file stays as it was and no other is left behind.
  package func replace(with content: Secret) throws(SystemError) {
    let directory = try openDirectory()
    // One that a killed process left: its name is ours alone.
    unlinkat(directory.raw, temporary, 0)
    do throws(SystemError) {
      let file = try OwnedFD("create", "a temporary file beside \(path)") {
        openat(directory.raw, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      }
      try write(content, to: file)
      try apply(to: file)
      try retrying("sync", path) { fsync(file.raw) }
      try retrying("rename into place", path) { renameat(directory.raw, temporary, directory.raw, name) }
    } catch {
      unlinkat(directory.raw, temporary, 0)
      throw error
    }
  }

  /// Whether the file is there with exactly these bytes, and with the owner and mode that it should have.
  package func holds(_ content: Secret) -> Bool {
    guard
      let file = try? OwnedFD("open", path, { open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) })
    else { return false }
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == content.count,
      status.st_uid == geteuid(), isRight(status)
    else { return false }
    var bytes = [UInt8](repeating: 0, count: content.count)
    defer { bytes.wipe() }
    return pread(file.raw, &bytes, bytes.count, 0) == content.count && Secret(bytes) == content
  }

  /// Removes the file, and a temporary one that a killed process left. One that can't be removed is emptied, so
  /// that nothing of it is left to read.
  ///
  /// - Throws: where it can be neither removed nor emptied.
  package func remove() throws(SystemError) {
    if let directory = try? openDirectory() { unlinkat(directory.raw, temporary, 0) }
    guard unlink(path) != 0, errno != ENOENT else { return }
    let failure = SystemError("remove", path)
    let file = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw failure }
    close(file)
  }

  private var temporary: String { ".\(name).tmp" }

  private var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  private func openDirectory() throws(SystemError) -> OwnedFD {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    return try OwnedFD("open the directory", directory) {
      open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
  }

  private func write(_ content: Secret, to file: borrowing OwnedFD) throws(SystemError) {
    let raw = file.raw
    var written = 0
    while written < content.count {
      let start = written
      written += try retrying("write", path) {
        content.withBytes { bytes in
          bytes.extracting(start...).withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
        }
      }
    }
  }

  private func apply(to file: borrowing OwnedFD) throws(SystemError) {
    let raw = file.raw
    let group = ownership.groupID
    try retrying("give the group \(group) to", path) { fchown(raw, uid_t.max, group) }
    try retrying("set the mode of", path) { fchmod(raw, ownership.mode) }
    var status = stat()
    try retrying("look at", path) { fstat(raw, &status) }
    guard isRight(status) else { throw SystemError("set the mode and group of", path, errno: EPERM) }
  }

  private func isRight(_ status: stat) -> Bool {
    status.st_mode & 0o7777 == ownership.mode && status.st_gid == ownership.groupID
  }
}
