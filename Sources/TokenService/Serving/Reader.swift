import LinuxSystem
import TokenCore

/// A reader who couldn't be answered at once.
final class Reader {
  let descriptor: OwnedFD
  let socket: ReaderSocket
  let peer: Peer
  /// Then it gets nothing. `nil`: it waits for as long as it likes.
  var deadline: BootTime?
  /// What the kernel hadn't room for yet; `nil` while there is no header.
  var rest: (header: Secret, sent: Int)?

  init(_ descriptor: consuming OwnedFD, socket: ReaderSocket, peer: Peer, deadline: BootTime?) {
    self.descriptor = descriptor
    self.socket = socket
    self.peer = peer
    self.deadline = deadline
  }
}
