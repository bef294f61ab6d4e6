import LinuxSystem
import Synchronization
import TokenConfig

/// One profile's token socket: where readers connect, what they get, and who may.
final class ReaderSocket: Sendable {
  let profile: String
  let listener: ListeningSocket
  let board: HeaderBoard
  private let mutableSettings: Mutex<SocketConfiguration>
  /// Readers that got a header, and those that were turned away by the access list.
  let served = Atomic<Int>(0)
  let denied = Atomic<Int>(0)

  init(
    profile: String, listener: consuming ListeningSocket, settings: SocketConfiguration, board: HeaderBoard
  ) {
    self.profile = profile
    self.listener = listener
    self.board = board
    mutableSettings = Mutex(settings)
  }

  /// Replaced by a reload while the socket serves.
  var settings: SocketConfiguration {
    get { mutableSettings.withLock { $0 } }
    set { mutableSettings.withLock { $0 = newValue } }
  }
}
