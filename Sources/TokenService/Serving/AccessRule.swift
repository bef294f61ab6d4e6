import Glibc
import LinuxSystem
import Systemd
import TokenCore

/// Judges readers by the access list of a profile.
enum AccessRule {
  enum Verdict: Equatable {
    case allowed
    case denied(unit: String?)
  }

  /// No list: whoever could open the socket may read it. Otherwise a match in any list suffices; root may
  /// always, except that systemd reading for a unit is judged by that unit where units are listed.
  static func judge(
    _ peer: Peer, socket: Int32, by list: AccessList, unit findUnit: (() -> String?)? = nil
  ) -> Verdict {
    if list.isEmpty { return .allowed }
    if let unit = peer.credentialUnit {
      return list.units.isEmpty || matches(unit, list.units) ? .allowed : .denied(unit: unit)
    }
    let identity = peer.identity
    if identity.uid == 0 || list.users.contains(identity.uid) || list.groups.contains(identity.gid) {
      return .allowed
    }
    if !list.groups.isEmpty, !list.groups.isDisjoint(with: PeerIdentity.supplementaryGroups(of: socket)) {
      return .allowed
    }
    let unit = list.units.isEmpty ? nil : findUnit.map { $0() } ?? PeerUnit.ofPeer(socket, identity)
    if let unit, matches(unit, list.units) { return .allowed }
    return .denied(unit: unit)
  }

  /// Whether mode and group of a profile's token socket let the peer open it (unix(7)): without a list they say who
  /// may read, on whatever socket.
  static func mayOpen(_ settings: SocketConfiguration, _ peer: PeerIdentity, socket: Int32) -> Bool {
    if peer.uid == 0 || settings.mode & 0o002 != 0 { return true }
    if peer.uid == geteuid() { return settings.mode & 0o200 != 0 }
    guard settings.mode & 0o020 != 0 else { return false }
    let group = settings.ownership.groupID
    return peer.gid == group || PeerIdentity.supplementaryGroups(of: socket).contains(group)
  }

  /// Shell globs, as systemctl(1) takes them (fnmatch(3)).
  static func matches(_ unit: String, _ globs: [String]) -> Bool {
    globs.contains { fnmatch($0, unit, 0) == 0 }
  }
}
