package import LinuxSystem
import Systemd
import TokenConfig

/// A process at the other end of a connection to the HTTP socket, and what it may read. Confined to the thread
/// that serves the connection.
package final class ControlCaller {
  private let socket: Int32
  let peer: Peer
  /// By profile: the list it was last judged by, and how. A connection stays with who opened it, so only another
  /// list means another verdict.
  private var judged: [String: (list: AccessList, verdict: AccessRule.Verdict)] = [:]

  /// `socket`: must stay open for as long as this is asked.
  ///
  /// - Throws: where the kernel doesn't know who is there.
  package init(socket: Int32) throws(SystemError) {
    self.socket = socket
    peer = Peer(try PeerIdentity(of: socket), address: [])
  }

  package var uid: UInt32 { peer.identity.uid }

  /// By the access list of the profile's token socket. Nobody is told.
  package func mayRead(_ profile: ProfileState) -> Bool {
    verdict(on: profile) == .allowed
  }

  func verdict(on profile: ProfileState) -> AccessRule.Verdict {
    let list = profile.socket.access
    if let known = judged[profile.name], known.list == list { return known.verdict }
    let verdict = AccessRule.judge(peer, socket: socket, by: list)
    judged[profile.name] = (list, verdict)
    return verdict
  }

  /// For the audit, as is the program.
  var unit: String? { PeerUnit.ofPeer(socket, peer.identity) }

  var program: String? { ProgramName.ofProcess(peer.identity.pid) }
}
