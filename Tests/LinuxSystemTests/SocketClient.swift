import Glibc
import LinuxSystem

/// The other end of a Unix socket.
struct SocketClient: ~Copyable {
  let descriptor: OwnedFD

  /// `name`: an abstract address to bind first, without its leading zero.
  init(_ path: String, boundTo name: String? = nil) throws(SystemError) {
    let made = try OwnedFD("make", "a client") {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    let raw = made.raw
    if let name {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
      let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
      try retrying("bind", name) {
        withUnsafePointer(to: address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, length) }
        }
      }
    }
    let address = try SocketAddress(path: path)
    try retrying("connect to", path) { address.withPointer { connect(raw, $0, $1) } }
    descriptor = made
  }
}
