import Glibc
package import LinuxSystem

/// The other end of a Unix socket.
package struct SocketClient: ~Copyable {
  package let descriptor: OwnedFD

  /// `name`: an abstract address to bind first, without its leading zero.
  /// Where it may not wait, it fails when the queue is full.
  package init(_ path: String, boundTo name: String? = nil, waits: Bool = true) throws(SystemError) {
    let made = try OwnedFD("make", "a client") {
      socket(
        AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | (waits ? 0 : SOCK_NONBLOCK.rawValue)), 0
      )
    }
    let raw = made.raw
    if let name { try retrying("bind", name) { withAddress([0] + Array(name.utf8)) { bind(raw, $0, $1) } } }
    try retrying("connect to", path) { withAddress(Array(path.utf8)) { connect(raw, $0, $1) } }
    descriptor = made
  }
}

/// Lends the Unix socket's address of these bytes, which an abstract one begins with a zero.
private func withAddress(
  _ bytes: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  return withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
    }
  }
}

extension SocketClient {
  package init(adopting raw: Int32) { descriptor = OwnedFD(raw) }

  package consuming func release() -> Int32 { descriptor.release() }

  /// Everything until end-of-file; `nil` where that doesn't come within five seconds.
  package borrowing func readAll() -> [UInt8]? {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, 5_000) == 1 else { return nil }
      let count = read(descriptor.raw, &buffer, buffer.count)
      if count == 0 { return all }
      if count < 0 { return errno == ECONNRESET ? all : nil }
      all += buffer[..<count]
    }
  }

  package borrowing func readText() -> String? {
    readAll().map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether it is still open and nothing has come.
  package borrowing func isWaiting(milliseconds: Int32 = 0) -> Bool {
    var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, milliseconds) == 0
  }
}
