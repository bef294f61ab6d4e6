import LinuxSystem
import TokenCore

/// The HTTP socket, as the daemon keeps it: the server has a descriptor of its own for it.
final class ControlListener {
  let socket: ListeningSocket
  /// Made by systemd for a socket unit: it isn't ours to remove or to change.
  let isActivated: Bool
  var ownership: Ownership

  init(_ socket: consuming ListeningSocket, isActivated: Bool, ownership: Ownership) {
    self.socket = socket
    self.isActivated = isActivated
    self.ownership = ownership
  }
}
