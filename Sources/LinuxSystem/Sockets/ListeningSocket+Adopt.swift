internal import CLinux
internal import Glibc
package import TokenCore

extension ListeningSocket {
  /// Where a socket that was passed to this process is bound.
  ///
  /// - Returns: the path; `nil` where it is no listening Unix stream socket with a path.
  package static func boundPath(of descriptor: borrowing OwnedFD) -> String? {
    guard option(SO_ACCEPTCONN, of: descriptor.raw) == 1,
      option(SO_TYPE, of: descriptor.raw) == Int32(SOCK_STREAM.rawValue)
    else { return nil }
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor.raw, $0, &length) }
    }
    guard result == 0, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
    let path = name(in: &address, length: Int(length)).prefix { $0 != 0 }
    return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
  }

  /// Takes over a socket that is bound and listening already. `isOwnPath`: whether the path was made by this
  /// service, which then has to have this owner and mode and to lead to this very socket.
  ///
  /// - Throws: where the path isn't as it should be; the socket is closed, and a path that leads to it is removed.
  package init(
    adopting descriptor: consuming OwnedFD, path: String, ownership: Ownership, isOwnPath: Bool
  ) throws(SystemError) {
    var identity: FileIdentity?
    if isOwnPath {
      let place = try SocketPlace(path)
      let found = try place.identity()
      try Self.verify(place, path, leadsTo: descriptor)
      guard try place.has(ownership) else {
        // Whoever queued under the old mode isn't served. The manager has the socket too and may hold it a while
        // longer, so its path has to go, or it would look like that of a process that lives.
        place.remove(found)
        throw SystemError("keep", "\(path), which should have another mode or group", errno: ESTALE)
      }
      identity = found
    }
    let raw = descriptor.raw
    try retrying("set up", path) { fcntl(raw, F_SETFL, O_NONBLOCK) }
    self.init(descriptor, path: path, identity: identity)
  }

  /// Connects to see who listens at the path: the kernel notes for both ends who called listen(2)
  /// (SO_PEERCRED, unix(7)). The connection that this leaves in the queue is closed.
  private static func verify(
    _ place: borrowing SocketPlace, _ path: String, leadsTo listener: borrowing OwnedFD
  ) throws(SystemError) {
    let probe = try unboundSocket(path)
    name(probe)
    let code = try place.connect(probe)
    // The queue is full: then this socket's own has readers in it too.
    if code == EAGAIN, hasQueue(listener) { return }
    guard code == 0 else { throw SystemError("connect to", path, errno: code) }
    guard try PeerIdentity(of: probe.raw) == PeerIdentity(of: listener.raw) else {
      throw SystemError("use", "\(path), where another socket is bound by now", errno: ESTALE)
    }
  }

  /// The address by which the serving thread knows the connection that a take-over leaves in the queue. Who takes it
  /// for himself is only dropped.
  private static let probeName = Array("\0assetit-tokend/take-over/".utf8)

  /// `address`: as ``Acceptance/connection(_:address:)`` has it.
  package static func isProbe(_ address: [UInt8]) -> Bool {
    address.starts(with: probeName)
  }

  /// In the abstract namespace (unix(7)). Without a name it would be taken for a reader, which costs a log line.
  private static func name(_ probe: borrowing OwnedFD) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = probeName + Array("\(getpid()).\(probe.raw)".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let raw = probe.raw
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(raw, $0, length) }
    }
  }

  private static func hasQueue(_ listener: borrowing OwnedFD) -> Bool {
    var request = pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 0) == 1
  }

  private static func option(_ option: Int32, of socket: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
  }
}
