internal import CLinux
internal import Glibc
package import TokenCore

/// A listening Unix stream socket at a path (unix(7)).
package struct ListeningSocket: ~Copyable, Sendable {
  /// Connections that the kernel queues before it makes others wait (listen(2)); `somaxconn` may cut it.
  private static let backlog: Int32 = 4096

  package let descriptor: OwnedFD
  package let path: String

  /// Binds and listens. Until owner and mode are right nobody but this user can connect. A socket that a dead
  /// process left at `path` is replaced.
  ///
  /// - Throws: where something else is at `path`, a live process serves it (`EADDRINUSE`), or its owner or
  ///   mode can't be made what they should be.
  package init(path: String, ownership: Ownership) throws(SystemError) {
    let address = try SocketAddress(path: path)
    let descriptor = try Self.unboundSocket(path)
    try Self.removeStale(path, address)
    // The socket's own mode becomes that of the path (bind(2), unix_mknod in the kernel), so there is no moment
    // in which it is open to more than it should be.
    try retrying("set the mode of", path) { fchmod(descriptor.raw, 0o600) }
    try retrying("bind", path) { address.withPointer { bind(descriptor.raw, $0, $1) } }
    do throws(SystemError) {
      try Self.apply(ownership, to: path)
      try retrying("listen on", path) { listen(descriptor.raw, Self.backlog) }
    } catch {
      unlink(path)
      throw error
    }
    self.init(descriptor, path: path)
  }

  /// `descriptor` is bound to `path` and listens.
  init(_ descriptor: consuming OwnedFD, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Gives the path this owner and mode, and looks whether it has them.
  package func apply(_ ownership: Ownership) throws(SystemError) {
    try Self.apply(ownership, to: path)
  }

  /// Removes the path; nobody can connect any more.
  package func removePath() {
    Self.removePath(path)
  }

  /// Removes what is at a path that belonged to a socket, unless it is something else by now.
  package static func removePath(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    unlink(path)
  }

  static func unboundSocket(_ path: String) throws(SystemError) -> OwnedFD {
    try OwnedFD("make a socket for", path) {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }
  }

  private static func removeStale(_ path: String, _ address: SocketAddress) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError("replace", "\(path), which is no socket", errno: EEXIST)
    }
    let probe = try unboundSocket(path)
    let result = address.withPointer { connect(probe.raw, $0, $1) }
    let code = result == 0 ? EAGAIN : errno
    if code == ENOENT { return }
    if code == EAGAIN {
      throw SystemError("serve", "\(path), which another process serves already", errno: EADDRINUSE)
    }
    guard code == ECONNREFUSED else { throw SystemError("look at", path, errno: code) }
    try retrying("remove the stale socket", path) { unlink(path) }
  }

  private static func apply(_ ownership: Ownership, to path: String) throws(SystemError) {
    let group = ownership.groupID
    try retrying("give the group \(group) to", path) {
      fchownat(AT_FDCWD, path, uid_t.max, group, AT_SYMLINK_NOFOLLOW)
    }
    try retrying("set the mode of", path) { chmod(path, ownership.mode) }
    try verify(ownership, of: path)
  }

  /// - Throws: where the path has another owner or mode than it should have.
  static func verify(_ ownership: Ownership, of path: String) throws(SystemError) {
    var status = stat()
    try retrying("look at", path) { lstat(path, &status) }
    guard status.st_mode & 0o7777 == ownership.mode, status.st_gid == ownership.groupID else {
      throw SystemError("set the mode and group of", path, errno: EPERM)
    }
  }
}
