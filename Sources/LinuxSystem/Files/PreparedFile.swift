internal import CLinux
internal import Glibc
internal import TokenCore

/// A file with its final content, group and mode under a temporary name, which goes with it unless it is published.
package struct PreparedFile: ~Copyable, Sendable {
  /// Known before any process can open the file at its path, so that it can be noted first.
  package let identity: FileIdentity
  private let path: String
  private let name: String
  private let temporary: String
  private let folder: Folder
  private let file: OwnedFD
  private var isPublished = false

  /// Makes the temporary file; from then on it goes with this value, whatever fails.
  static func make(
    for target: PublishedFile, _ content: Secret, as name: TemporaryName
  ) throws(SystemError) -> PreparedFile {
    let folder = try Folder(containing: target.path)
    let temporary = name.text
    let file = try create(temporary, in: folder, beside: target.path)
    let prepared = PreparedFile(
      path: target.path, temporary: temporary, identity: try FileIdentity(status(of: file, target.path)),
      folder: folder, file: file)
    try write(content, to: prepared.file, target.path)
    try apply(target.ownership, to: prepared.file, target.path)
    let raw = prepared.file.raw
    try retrying("sync", target.path) { fsync(raw) }
    return prepared
  }

  private init(
    path: String, temporary: String, identity: FileIdentity, folder: consuming Folder, file: consuming OwnedFD
  ) {
    self.path = path
    name = Folder.name(of: path)
    self.temporary = temporary
    self.identity = identity
    self.folder = folder
    self.file = file
  }

  /// Renames the file into place, whatever is there.
  ///
  /// - Throws: with the remedy where the path is a mount point (EBUSY). The temporary file is removed.
  package consuming func publish() throws(SystemError) -> PublishedInode {
    let kept = try file.duplicate()
    while renameat(folder.descriptor.raw, temporary, folder.descriptor.raw, name) != 0 {
      if errno != EINTR { throw SystemError.ofOutlet("rename a file to", path) }
    }
    isPublished = true
    guard FileIdentity(try folder.status(of: name, path)) == identity else {
      throw SystemError(
        "publish", path, errno: ESTALE,
        remedy: "another process put its own file there: see who may write to the folder")
    }
    return PublishedInode(kept, path: path, identity: identity)
  }

  deinit {
    if !isPublished { TemporaryName.remove(temporary, identity, in: folder) }
  }

  private static func create(
    _ name: String, in folder: borrowing Folder, beside path: String
  ) throws(SystemError) -> OwnedFD {
    let raw = openat(folder.descriptor.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard raw >= 0 else { throw SystemError.ofOutlet("create a temporary file for", path) }
    return OwnedFD(raw)
  }

  private static func status(of file: borrowing OwnedFD, _ path: String) throws(SystemError) -> stat {
    var status = stat()
    let raw = file.raw
    try retrying("look at", path) { fstat(raw, &status) }
    return status
  }

  private static func write(
    _ content: Secret, to file: borrowing OwnedFD, _ path: String
  ) throws(SystemError) {
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

  private static func apply(
    _ ownership: Ownership, to file: borrowing OwnedFD, _ path: String
  ) throws(SystemError) {
    let raw = file.raw
    let group = ownership.groupID
    // A default list of the folder (acl(5)) would give the file more readers than its mode says.
    fremovexattr(raw, "system.posix_acl_access")
    try retrying("give the group \(group) to", path) { fchown(raw, uid_t.max, group) }
    try retrying("set the mode of", path) { fchmod(raw, ownership.mode) }
    guard ownership.isRight(try status(of: file, path)) else {
      throw SystemError("set the mode and group of", path, errno: EPERM)
    }
  }
}
