import LinuxSystem
import Synchronization
import TokenCore

/// A token socket: where readers connect, and whose header they get.
final class ReaderSocket: Sendable {
  /// Replaced by a reload while the socket serves.
  struct Assignment: Sendable {
    let profile: String
    let board: HeaderBoard
    let settings: SocketConfiguration
  }

  private let socket: SocketTable.Unix
  private let current: Mutex<Assignment>
  /// Readers that got a header, and those that the access list turned away.
  let served = Atomic<Int>(0)
  let denied = Atomic<Int>(0)

  init(_ socket: SocketTable.Unix, _ assignment: Assignment) {
    self.socket = socket
    current = Mutex(assignment)
  }

  func accept() -> ListeningSocket.Acceptance { socket.listener.accept() }

  /// For epoll(7) alone.
  var descriptor: Int32 { socket.listener.descriptor.raw }

  var assignment: Assignment {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }
}

extension SocketConfiguration {
  var ownership: Ownership { Ownership(mode: mode, group: group?.id) }
}
