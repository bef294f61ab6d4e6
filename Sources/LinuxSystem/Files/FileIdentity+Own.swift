internal import Glibc

extension FileIdentity {
  /// The regular file of this process's user that a path leads to, its last link not followed.
  ///
  /// - Returns: `nil` where there is none, or something else.
  /// - Throws: where it can't be looked at.
  package static func ofOwnFile(_ path: String) throws(SystemError) -> FileIdentity? {
    do throws(SystemError) {
      let status = try Folder(containing: path).status(of: Folder.name(of: path), path)
      guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { return nil }
      return FileIdentity(status)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
  }

  /// The file of this inode number in the folder that a path's last component lies in, whatever its name.
  ///
  /// - Throws: where there is no such folder.
  package static func ofInode(_ inode: UInt64, beside path: String) throws(SystemError) -> FileIdentity {
    let folder = try Folder(containing: path)
    var status = stat()
    let raw = folder.descriptor.raw
    try retrying("look at the folder of", path) { fstat(raw, &status) }
    return FileIdentity(device: UInt64(status.st_dev), inode: inode)
  }
}
