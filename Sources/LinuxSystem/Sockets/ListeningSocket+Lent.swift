internal import CLinux
internal import Glibc

/// For listeners that a library owns: it lends their descriptor's number.
extension ListeningSocket {
  /// Takes the connection at the head of the queue, never waiting (accept4(2)).
  ///
  /// - Returns: `nil` if there is none, or still no descriptor to take it with.
  package static func acceptNext(on listener: Int32) -> OwnedFD? {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let connection = clinux_accept(listener, &address, &length)
    return connection >= 0 ? OwnedFD(connection) : nil
  }

  /// Lets the kernel queue as many connections as for this service's own sockets (listen(2)).
  package static func lengthenQueue(of listener: Int32) {
    listen(listener, 4096)
  }
}
