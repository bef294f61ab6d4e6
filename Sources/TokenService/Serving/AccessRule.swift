import Glibc
import LinuxSystem
import Systemd
import TokenConfig

/// Judges readers by the access list of a profile.
enum AccessRule {
  enum Verdict: Equatable {
    case allowed
    case denied(unit: String?)
  }

  /// No list: whoever could open the socket may read it. Otherwise a match in any list suffices; root may
  /// always, except that systemd reading for a unit is judged by that unit where units are listed.
  static func judge(_ peer: Peer, socket: Int32, by list: AccessList) -> Verdict {
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
    let unit = list.units.isEmpty ? nil : PeerUnit.ofPeer(socket, identity)
    if let unit, matches(unit, list.units) { return .allowed }
    return .denied(unit: unit)
  }

  /// Shell globs, as systemctl(1) takes them (fnmatch(3)).
  static func matches(_ unit: String, _ globs: [String]) -> Bool {
    globs.contains { fnmatch($0, unit, 0) == 0 }
  }
}
