internal import CLinux
internal import Glibc
internal import TokenCore

/// The file that a socket is bound to, as an entry of its folder: every call names the entry and follows no link.
struct SocketPlace: ~Copyable {
  private let folder: Folder
  private let name: String
  private let path: String

  init(_ path: String) throws(SystemError) {
    self.init(try Folder(containing: path), Folder.name(of: path), path)
  }

  init(_ folder: consuming Folder, _ name: String, _ path: String) {
    self.folder = folder
    self.name = name
    self.path = path
  }

  /// Which file it is.
  ///
  /// - Throws: where it is no socket, or one of another user.
  func identity() throws(SystemError) -> FileIdentity {
    let status = try folder.status(of: name, path)
    guard status.st_mode & S_IFMT == S_IFSOCK, Self.isOurs(status) else {
      throw SystemError("use", "\(path), where another user put something else", errno: ESTALE)
    }
    return FileIdentity(status)
  }

  /// Whether only this process's user or root can have made it.
  static func isOurs(_ status: stat) -> Bool { [0, geteuid()].contains(status.st_uid) }

  /// - Throws: where the path leads to another file, or its owner or mode can't be set.
  func apply(_ ownership: Ownership, to expected: FileIdentity) throws(SystemError) {
    try verify(expected)
    let (raw, group) = (folder.descriptor.raw, ownership.groupID)
    try retrying("give the group \(group) to", path) {
      fchownat(raw, name, uid_t.max, group, AT_SYMLINK_NOFOLLOW)
    }
    try removeList()
    try retrying("set the mode of", path) { fchmodat(raw, name, ownership.mode, AT_SYMLINK_NOFOLLOW) }
    try verify(expected)
    guard try has(ownership) else { throw SystemError("set the mode and group of", path, errno: EPERM) }
  }

  /// Whether the path has the owner and mode that it should have.
  func has(_ ownership: Ownership) throws(SystemError) -> Bool {
    ownership.isRight(try folder.status(of: name, path))
  }

  /// Removes the entry if it is still this file.
  func remove(_ expected: FileIdentity) {
    guard let status = try? folder.status(of: name, path), FileIdentity(status) == expected else { return }
    unlinkat(folder.descriptor.raw, name, 0)
  }

  /// - Returns: 0, or the errno of connect(2).
  func connect(_ probe: borrowing OwnedFD) throws(SystemError) -> Int32 {
    try ListeningSocket.connect(probe, to: name, in: folder, path)
  }

  private func verify(_ expected: FileIdentity) throws(SystemError) {
    guard try identity() == expected else {
      throw SystemError("use", "\(path), where another socket is bound by now", errno: ESTALE)
    }
  }

  /// A default list of the folder (acl(5)) would let more connect than the mode says.
  private func removeList() throws(SystemError) {
    let file = try OwnedFD("open", path) { [raw = folder.descriptor.raw, name] in
      openat(raw, name, clinux_o_path | O_NOFOLLOW | O_CLOEXEC)
    }
    removexattr("/proc/self/fd/\(file.raw)", "system.posix_acl_access")
  }
}
