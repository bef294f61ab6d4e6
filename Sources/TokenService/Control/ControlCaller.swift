package import LinuxSystem
import Systemd
package import TokenCore

/// A process at the other end of a connection to the HTTP socket, and what it may read. Confined to the thread
/// that serves the connection.
package final class ControlCaller {
  private let socket: Int32
  let peer: Peer
  /// By profile: the list it was last judged by, and how. A connection stays with who opened it, so only another
  /// list means another verdict.
  private var judged: [String: (settings: SocketConfiguration, verdict: AccessRule.Verdict)] = [:]
  /// From when the connection was accepted: who is judged later may have ended by then.
  private let process: PeerProcess

  /// `socket`: must stay open for as long as this is asked.
  ///
  /// - Throws: if the kernel doesn't know the process, or there is no descriptor to hold it with.
  package init(socket: Int32) throws(SystemError) {
    self.socket = socket
    peer = Peer(try PeerIdentity(of: socket), address: [])
    process = try PeerProcess(holding: socket, pid: peer.identity.pid)
  }

  package var uid: UInt32 { peer.identity.uid }

  /// By the access list of the profile's token socket, or by its mode and group where it has none. Nobody is told.
  package func mayRead(_ profile: ProfileState) -> Bool {
    verdict(on: profile) == .allowed
  }

  func verdict(on profile: ProfileState) -> AccessRule.Verdict {
    let settings = profile.socket
    if let known = judged[profile.name], known.settings == settings { return known.verdict }
    let verdict = judge(by: settings)
    judged[profile.name] = (settings, verdict)
    return verdict
  }

  private func judge(by settings: SocketConfiguration) -> AccessRule.Verdict {
    guard settings.access.isEmpty else {
      return AccessRule.judge(peer, socket: socket, by: settings.access) { [self] in unit }
    }
    return AccessRule.mayOpen(settings, peer.identity, socket: socket) ? .allowed : .denied(unit: unit)
  }

  /// For the audit, as is the program.
  var unit: String? { PeerUnit.ofPeer(socket, process) }

  var program: String? { ProgramName.ofProcess(peer.identity.pid) }
}
