internal import CLinux
internal import Glibc

/// Who is at the other end of a Unix socket, as the kernel noted it at connect (SO_PEERCRED, unix(7)).
package struct PeerIdentity: Equatable, Sendable {
  package let pid: Int32
  package let uid: UInt32
  package let gid: UInt32

  package init(pid: Int32, uid: UInt32, gid: UInt32) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
  }

  /// - Throws: where the kernel doesn't know, which on a connected Unix socket it always does.
  package init(of socket: Int32) throws(SystemError) {
    var credentials = clinux_peer_credentials()
    try retrying("identify", "the reader") { clinux_get_peer_credentials(socket, &credentials) }
    self.init(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
  }

  /// The peer's supplementary groups (SO_PEERGROUPS); empty where the kernel doesn't tell.
  package static func supplementaryGroups(of socket: Int32) -> [UInt32] {
    var groups = [UInt32](repeating: 0, count: 64)
    while groups.count <= 65_536 {
      var length = socklen_t(groups.count * MemoryLayout<UInt32>.size)
      if clinux_peer_groups(socket, &groups, &length) == 0 {
        return Array(groups.prefix(Int(length) / MemoryLayout<UInt32>.size))
      }
      guard errno == ERANGE else { return [] }
      groups = Array(repeating: 0, count: groups.count * 4)
    }
    return []
  }
}
