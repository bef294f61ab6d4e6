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

  /// The address of a listening TCP socket, in numbers: `127.0.0.1:9464`, `[::1]:9464` (getnameinfo(3)).
  ///
  /// - Returns: `nil` where it is none.
  package static func place(of descriptor: borrowing OwnedFD) -> String? {
    var isListening: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor.raw, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0, isListening == 1
    else { return nil }
    var address = sockaddr_storage()
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: 8)
    let raw = descriptor.raw
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        getsockname(raw, address, &length) == 0
          && (address.pointee.sa_family == sa_family_t(AF_INET)
            || address.pointee.sa_family == sa_family_t(AF_INET6))
          && getnameinfo(
            address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
            Int32(NI_NUMERICHOST | NI_NUMERICSERV)) == 0
      }
    }
    guard isKnown else { return nil }
    let (name, number) = (Self.text(host), Self.text(port))
    return name.contains(":") ? "[\(name)]:\(number)" : "\(name):\(number)"
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
