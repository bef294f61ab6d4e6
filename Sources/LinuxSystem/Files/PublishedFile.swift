internal import CLinux
internal import Glibc
package import TokenCore

/// A file that is replaced as a whole: a process that opens its path gets all of the old content or all of the new.
package struct PublishedFile: Equatable, Sendable {
  package let path: String
  package let ownership: Ownership

  package init(path: String, ownership: Ownership) {
    self.path = path
    self.ownership = ownership
  }

  /// Writes a temporary file in the same folder, gives it its final group and mode, and syncs it. Where anything fails
  /// no file is left behind.
  package func prepare(
    _ content: Secret, as name: TemporaryName = .random()
  ) throws(SystemError) -> PreparedFile {
    try PreparedFile.make(for: self, content, as: name)
  }

  /// Prepares and publishes. Where anything fails the old file stays as it was and no other is left behind.
  package func replace(with content: Secret) throws(SystemError) {
    _ = try prepare(content).publish()
  }

  /// Whether the file is there with exactly these bytes, and with the owner and mode that it should have.
  ///
  /// - Returns: which file it is; `nil` if it isn't.
  package func holds(_ content: Secret) -> FileIdentity? {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    guard let folder = try? Folder(containing: path),
      let file = try? OwnedFD("open", path, { [raw = folder.descriptor.raw] in openat(raw, name, flags) })
    else { return nil }
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == content.count,
      status.st_uid == geteuid(), ownership.isRight(status)
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: content.count)
    defer { bytes.wipe() }
    guard pread(file.raw, &bytes, bytes.count, 0) == content.count, Secret(bytes) == content else {
      return nil
    }
    return FileIdentity(status)
  }

  /// Removes what is at the path. What can't be removed is emptied if it is a file of this process's user, so that
  /// nothing of it is left to read.
  ///
  /// - Throws: where it can be neither removed nor emptied.
  package func remove() throws(SystemError) {
    let folder: Folder
    do throws(SystemError) {
      folder = try Folder(containing: path)
    } catch {
      // Without the folder there is no file.
      if error.errno == ENOENT { return }
      throw error
    }
    guard unlinkat(folder.descriptor.raw, name, 0) != 0, errno != ENOENT else { return }
    let failure = SystemError.ofOutlet("remove", path)
    guard Self.empty(name, in: folder) else { throw failure }
  }

  /// Removes the file if it is this one.
  ///
  /// - Returns: whether it was.
  package func remove(ifIs identity: FileIdentity) throws(SystemError) -> Bool {
    let folder = try Folder(containing: path)
    do throws(SystemError) {
      guard FileIdentity(try folder.status(of: name, path)) == identity else { return false }
    } catch {
      if error.errno == ENOENT { return false }
      throw error
    }
    try remove()
    return true
  }

  private var name: String { Folder.name(of: path) }

  /// A name that several processes share isn't ours to empty.
  private static func empty(_ name: String, in folder: borrowing Folder) -> Bool {
    let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let raw = folder.descriptor.raw
    guard let file = try? OwnedFD("open", name, { openat(raw, name, flags) }) else { return false }
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_nlink == 1
    else { return false }
    return ftruncate(file.raw, 0) == 0
  }
}

extension Ownership {
  func isRight(_ status: stat) -> Bool {
    status.st_mode & 0o7777 == mode && status.st_gid == groupID
  }
}
