internal import CLinux
internal import Glibc
package import TokenCore

/// A listening Unix stream socket at a path (unix(7)).
package struct ListeningSocket: ~Copyable, Sendable {
  /// Connections that the kernel queues before it makes others wait (listen(2)); `somaxconn` may cut it.
  private static let backlog: Int32 = 4096

  package let descriptor: OwnedFD
  package let path: String
  /// Which file the path led to when it was this socket's; `nil` if a service manager made it and keeps it.
  private let identity: FileIdentity?

  /// Binds and listens. Before it listens, with its final owner and mode, no process can connect. A socket that a dead
  /// process left at `path` is replaced. No step follows a link that others could put there.
  ///
  /// - Throws: where something else is at `path`, a live process serves it (`EADDRINUSE`), or its owner or
  ///   mode can't be made what they should be.
  package init(path: String, ownership: Ownership) throws(SystemError) {
    let address = try SocketAddress(path: path)
    let folder = try Folder(containing: path)
    let name = Folder.name(of: path)
    let descriptor = try Self.unboundSocket(path)
    try Self.removeStale(name, in: folder, path)
    // The socket's own mode becomes that of the path (bind(2), unix_mknod in the kernel), so there is no moment
    // in which it is open to more than it should be.
    let raw = descriptor.raw
    try retrying("set the mode of", path) { fchmod(raw, 0o600) }
    while address.withPointer({ bind(raw, $0, $1) }) != 0 {
      if errno != EINTR { throw SystemError.ofOutlet("bind", path) }
    }
    let place = SocketPlace(folder, name, path)
    let identity = try place.identity()
    do throws(SystemError) {
      try place.apply(ownership, to: identity)
      try retrying("listen on", path) { listen(raw, Self.backlog) }
    } catch {
      place.remove(identity)
      throw error
    }
    self.init(descriptor, path: path, identity: identity)
  }

  /// `descriptor` is bound to `path` and listens.
  init(_ descriptor: consuming OwnedFD, path: String, identity: FileIdentity?) {
    self.descriptor = descriptor
    self.path = path
    self.identity = identity
  }

  /// Gives the path this owner and mode, and looks whether it has them.
  ///
  /// - Throws: also where the path leads to another file by now (`ESTALE`).
  package func apply(_ ownership: Ownership) throws(SystemError) {
    let place = try SocketPlace(path)
    let expected = if let identity { identity } else { try place.identity() }
    try place.apply(ownership, to: expected)
  }

  /// Whether the path still leads to this socket, with this owner and mode; somebody may have removed or changed it.
  package func isInPlace(_ ownership: Ownership) -> Bool {
    guard let place = try? SocketPlace(path), identity == nil || (try? place.identity()) == identity else {
      return false
    }
    return (try? place.has(ownership)) ?? false
  }

  /// Removes the path; nobody can connect any more. What somebody else put there stays.
  package func removePath() {
    if let identity, let place = try? SocketPlace(path) { place.remove(identity) }
  }

  /// Removes the socket that is at a path, if it belongs to this process's user or root; anything else stays.
  package static func removePath(_ path: String) {
    guard let place = try? SocketPlace(path), let identity = try? place.identity() else { return }
    place.remove(identity)
  }

  static func unboundSocket(_ path: String) throws(SystemError) -> OwnedFD {
    try OwnedFD("make a socket for", path) {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }
  }

  private static func removeStale(
    _ name: String, in folder: borrowing Folder, _ path: String
  ) throws(SystemError) {
    let status: stat
    do throws(SystemError) {
      status = try folder.status(of: name, path)
    } catch {
      if error.errno == ENOENT { return }
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SystemError("replace", "\(path), which is no socket", errno: EEXIST)
    }
    let probe = try unboundSocket(path)
    let code = try connect(probe, to: name, in: folder, path)
    if code == ENOENT { return }
    if code == 0 || code == EAGAIN {
      throw SystemError("serve", "\(path), which another process serves already", errno: EADDRINUSE)
    }
    guard code == ECONNREFUSED else { throw SystemError("look at", path, errno: code) }
    guard SocketPlace.isOurs(status) else {
      throw SystemError("replace", "\(path), which is another user's socket", errno: EEXIST)
    }
    try retrying("remove the stale socket", path) { [raw = folder.descriptor.raw] in unlinkat(raw, name, 0) }
  }

  /// Connects to a socket and not to what a link in its place leads to: by way of a descriptor for the very file.
  ///
  /// - Returns: 0, or the errno of connect(2).
  static func connect(
    _ probe: borrowing OwnedFD, to name: String, in folder: borrowing Folder, _ path: String
  ) throws(SystemError) -> Int32 {
    let file = openat(folder.descriptor.raw, name, clinux_o_path | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return errno }
    let target = OwnedFD(file)
    let address = try SocketAddress(path: "/proc/self/fd/\(target.raw)")
    let raw = probe.raw
    return address.withPointer { Glibc.connect(raw, $0, $1) } == 0 ? 0 : errno
  }
}
