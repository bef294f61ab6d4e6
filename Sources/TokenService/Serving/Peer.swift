import LinuxSystem

/// A process that reads a token socket.
struct Peer: Equatable, Sendable {
  let identity: PeerIdentity
  /// The unit for which systemd itself reads (`LoadCredential=`, systemd.exec(5)).
  let credentialUnit: String?

  /// `address`: the peer's own, as accept(2) gave it. systemd binds it to
  /// `\0RANDOM/unit/UNIT/CREDENTIAL`; anybody may choose such a name, so it is believed of uid 0 only.
  init(_ identity: PeerIdentity, address: some Sequence<UInt8>) {
    self.identity = identity
    credentialUnit = identity.uid == 0 ? Self.unit(in: Array(address)) : nil
  }

  private static func unit(in address: [UInt8]) -> String? {
    guard address.first == 0 else { return nil }
    let parts = address.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1].elementsEqual("unit".utf8), !parts[2].isEmpty else { return nil }
    return String(decoding: parts[2], as: UTF8.self)
  }
}
