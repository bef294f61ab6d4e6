import FoundationEssentials
import TokenCore

/// A token as the descriptor store keeps it over a restart, in memory that never reaches a disk.
struct StoredToken: Codable, Equatable, Sendable {
  static let currentVersion = 1
  /// A record holds one token of 64 KiB at most, in base64, and little else.
  static let limit = 256 << 10

  let version: Int
  let profile: String
  /// Of the boot on whose clock the nanoseconds below are counted.
  let bootID: String
  let token: Data
  let requestedAt: Int64
  let lifetime: Int64
  let deadline: Int64
  let refreshAt: Int64
  /// Seconds since 1970, where the token says so.
  let issuedAt: Int64?
  let expiresAt: Int64?
  /// Of the credentials that brought it (``CredentialFingerprint``), and the key it was made under.
  let fingerprint: Data?
  let fingerprintKey: Data
  /// The files that hold it.
  let files: [String]

  init(
    _ held: HeldToken, profile: String, bootID: String, fingerprint: CredentialFingerprint?, key: Secret,
    files: [String]
  ) {
    version = Self.currentVersion
    self.profile = profile
    self.bootID = bootID
    token = held.token.withBytes { $0.withUnsafeBytes { Data($0) } }
    requestedAt = held.requestedAt.nanoseconds
    lifetime = held.grant.lifetime.nanoseconds
    deadline = held.deadline.nanoseconds
    refreshAt = held.refreshAt.nanoseconds
    issuedAt = held.grant.issuedAt
    expiresAt = held.grant.expiresAt
    self.fingerprint = fingerprint.map { Data($0.digest) }
    fingerprintKey = key.withBytes { $0.withUnsafeBytes { Data($0) } }
    self.files = files
  }

  /// The token, if it may still be given to readers.
  ///
  /// - Returns: `nil` where it is from another boot, has expired, or the record contradicts itself.
  func heldToken(bootID: String, now: BootTime) -> HeldToken? {
    let requestedAt = BootTime(nanoseconds: requestedAt)
    let isToken = !token.isEmpty && token.allSatisfy { (0x21...0x7E).contains($0) }
    guard version == Self.currentVersion, !bootID.isEmpty, bootID == self.bootID, isToken,
      lifetime > 0, requestedAt <= now, (requestedAt + .nanoseconds(lifetime)).nanoseconds == deadline
    else { return nil }
    let grant = TokenGrant(
      token: Secret(token), lifetime: .nanoseconds(lifetime), issuedAt: issuedAt, expiresAt: expiresAt)
    let latest = BootTime(nanoseconds: deadline)
    let held = HeldToken(
      grant: grant, requestedAt: requestedAt, refreshAt: min(BootTime(nanoseconds: refreshAt), latest))
    return held.isValid(at: now) ? held : nil
  }

  /// Whether these are still the credentials that brought the token.
  func isFor(_ credentials: Credentials, endpoint: String) -> Bool {
    CredentialFingerprint(of: credentials, endpoint: endpoint, key: Secret(fingerprintKey)).digest
      == fingerprint.map(Array.init)
  }
}
