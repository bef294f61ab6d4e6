import LinuxSystem
import TokenCore

/// A reader who couldn't be answered at once.
final class Reader {
  let descriptor: OwnedFD
  let socket: ReaderSocket
  let peer: Peer
  /// Whose header it came for.
  let profile: String
  /// Then it gets nothing. `nil`: it waits for as long as it likes.
  var deadline: BootTime?
  /// What the kernel hadn't room for yet; `nil` while there is no header.
  var rest: (posting: HeaderBoard.Posting, sent: Int)?

  init(
    _ descriptor: consuming OwnedFD, socket: ReaderSocket, profile: String, peer: Peer, deadline: BootTime?
  ) {
    self.descriptor = descriptor
    self.socket = socket
    self.peer = peer
    self.profile = profile
    self.deadline = deadline
  }
}
