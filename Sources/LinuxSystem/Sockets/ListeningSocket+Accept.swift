internal import CLinux
internal import Glibc

extension ListeningSocket {
  /// What came of taking one connection from the queue.
  package enum Acceptance: ~Copyable {
    /// Non-blocking. `address`: the peer's own, without its family; empty for most.
    case connection(OwnedFD, address: [UInt8])
    /// Nobody is queued any more.
    case queueEmpty
    /// The one at the head of the queue was gone already.
    case vanished
    /// This process or the host has no descriptor or memory left for one more: EMFILE, ENFILE, ENOBUFS, ENOMEM.
    case exhausted(errno: Int32)
  }

  /// Takes one connection, never waiting (accept4(2)).
  package func accept() -> Acceptance {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let connection = clinux_accept(descriptor.raw, &address, &length)
    if connection >= 0 {
      return .connection(OwnedFD(connection), address: Self.name(in: &address, length: Int(length)))
    }
    switch errno {
    case EINTR, ECONNABORTED: return .vanished
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno: errno)
    default: return .queueEmpty
    }
  }

  static func name(in address: inout sockaddr_un, length: Int) -> [UInt8] {
    let family = MemoryLayout<sa_family_t>.size
    guard length > family else { return [] }
    return withUnsafeBytes(of: &address.sun_path) { Array($0.prefix(length - family)) }
  }
}

extension OwnedFD {
  /// Sends what the kernel has room for, without waiting and without SIGPIPE (send(2)).
  ///
  /// - Returns: how many bytes it took; 0 where there is no room; `nil` where the other end is gone.
  package borrowing func sendNow(_ bytes: Span<UInt8>) -> Int? {
    bytes.withUnsafeBytes { buffer in
      let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
      let count = send(raw, buffer.baseAddress, buffer.count, flags)
      if count >= 0 { return count }
      return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
  }
}
