internal import CLinux
internal import Glibc

/// The address of a Unix socket with a path (unix(7)).
package struct SocketAddress: Sendable {
  /// The longest path that `sun_path` holds with its closing zero, in bytes.
  package static let longestPath = 107

  private let address: sockaddr_un

  /// - Throws: `ENAMETOOLONG` where the path is longer than ``longestPath``.
  package init(path: String) throws(SystemError) {
    guard path.utf8.count <= Self.longestPath else {
      throw SystemError("use as a socket's path", path, errno: ENAMETOOLONG)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    self.address = address
  }

  /// Lends the address to a system call.
  func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
