internal import CLinux
internal import Glibc

/// A listening TCP socket on this host alone.
package enum LoopbackListener {
  private static let backlog: Int32 = 128

  /// Binds and listens; non-blocking. `address`: `HOST:PORT`, where HOST is `localhost` or a numeric address, `::1`
  /// in square brackets (getaddrinfo(3), no name service is asked).
  ///
  /// - Throws: where the address is taken, or is none (`EINVAL`).
  package static func open(_ address: String) throws(SystemError) -> OwnedFD {
    guard let colon = address.lastIndex(of: ":") else { throw SystemError("use", address, errno: EINVAL) }
    let name = address[..<colon].filter { $0 != "[" && $0 != "]" }.lowercased()
    let host = name == "localhost" ? "127.0.0.1" : name
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(address[address.index(after: colon)...]), &hints, &found) == 0, let found
    else { throw SystemError("use", address, errno: EINVAL) }
    defer { freeaddrinfo(found) }
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = try OwnedFD("make a socket for", address) { socket(found.pointee.ai_family, flags, 0) }
    var one: Int32 = 1
    setsockopt(descriptor.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    try retrying("bind", address) { bind(descriptor.raw, found.pointee.ai_addr, found.pointee.ai_addrlen) }
    try retrying("listen on", address) { listen(descriptor.raw, backlog) }
    return descriptor
  }
}
