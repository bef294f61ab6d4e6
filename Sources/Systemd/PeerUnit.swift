internal import CSystemd
internal import Glibc
package import LinuxSystem

/// Which systemd unit is at the other end of a socket.
package enum PeerUnit {
  /// The unit of the peer's cgroup, such as `billing-sync.service` (sd_peer_get_unit(3)); `nil` where it is in
  /// none or has ended. Reads the peer's `/proc/PID/cgroup`, so `ProtectProc=invisible` in our own unit breaks
  /// it.
  package static func ofPeer(_ socket: Int32, _ identity: PeerIdentity) -> String? {
    let process = PeerProcess(socket: socket, pid: identity.pid)
    var unit: UnsafeMutablePointer<CChar>?
    guard sd_peer_get_unit(socket, &unit) >= 0, let unit else { return nil }
    defer { free(unit) }
    return process.isStillThere ? String(cString: unit) : nil
  }
}
