import LinuxSystem
import Synchronization
import TokenConfig

/// A token socket: where readers connect, and whose header they get.
final class ReaderSocket: Sendable {
  /// Replaced by a reload while the socket serves.
  struct Assignment: Sendable {
    let profile: String
    let board: HeaderBoard
    let settings: SocketConfiguration
  }

  let listener: ListeningSocket
  private let current: Mutex<Assignment>
  /// Readers that got a header, and those that the access list turned away.
  let served = Atomic<Int>(0)
  let denied = Atomic<Int>(0)

  init(listener: consuming ListeningSocket, _ assignment: Assignment) {
    self.listener = listener
    current = Mutex(assignment)
  }

  var assignment: Assignment {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }
}

extension SocketConfiguration {
  var ownership: Ownership { Ownership(mode: mode, group: group?.id) }
}
