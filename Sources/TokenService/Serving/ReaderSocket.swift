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

  let listener: ListeningSocket
  /// Made by systemd for a socket unit: it isn't ours to remove or to change.
  let isActivated: Bool
  private let current: Mutex<Assignment>
  /// Readers that got a header, and those that the access list turned away.
  let served = Atomic<Int>(0)
  let denied = Atomic<Int>(0)

  init(listener: consuming ListeningSocket, isActivated: Bool = false, _ assignment: Assignment) {
    self.listener = listener
    self.isActivated = isActivated
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
