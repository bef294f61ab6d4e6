internal import CSystemd
internal import Glibc
package import LinuxSystem

/// Which systemd unit is at the other end of a socket.
package enum PeerUnit {
  /// The unit of the peer's cgroup, such as `billing-sync.service` (sd_peer_get_unit(3)); `nil` where it is in
  /// none or has ended. Reads the peer's `/proc/PID/cgroup`, so `ProtectProc=invisible` in our own unit breaks
  /// it.
  package static func ofPeer(_ socket: Int32, _ identity: PeerIdentity) -> String? {
    ofPeer(socket, PeerProcess(socket: socket, pid: identity.pid))
  }

  /// The same for a connection that is looked at later than it is accepted: `process` has to be from then.
  package static func ofPeer(_ socket: Int32, _ process: borrowing PeerProcess) -> String? {
    var unit: UnsafeMutablePointer<CChar>?
    guard sd_peer_get_unit(socket, &unit) >= 0, let unit else { return nil }
    defer { free(unit) }
    return process.isStillThere ? String(cString: unit) : nil
  }
}
