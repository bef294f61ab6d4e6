import DaemonCore
import FoundationEssentials
import TokenCore

/// A token as version 0.1.0 stored it: a JSON object. It is read once, after an upgrade.
struct EarlierRecord: Decodable {
  private let version: Int
  let profile: String
  private let bootID: String
  private let token: Data
  private let requestedAt: Int64
  private let lifetime: Int64
  private let deadline: Int64
  private let refreshAt: Int64
  private let issuedAt: Int64?
  private let expiresAt: Int64?
  private let fingerprint: Data?
  private let fingerprintKey: Data
  /// The header files that hold it.
  let files: [String]

  /// - Returns: `nil` where the bytes aren't such a record.
  static func decoded(_ bytes: [UInt8]) -> EarlierRecord? {
    guard (try? JSONBounds.check(bytes, limit: TaggedFields.limit)) != nil else { return nil }
    return try? JSONDecoder().decode(EarlierRecord.self, from: Data(bytes))
  }

  /// As this version knows it. `endpoint`: what the fingerprint covered then can't be told apart from the credentials, so
  /// it is empty, which stands for "the one that the profile has".
  func record(bootID: String, now: BootTime) -> ProfileRecord? {
    guard version == 1, !bootID.isEmpty, bootID == self.bootID, !fingerprintKey.isEmpty,
      let held = HeldToken(
        storedToken: Secret(token), requestedAt: requestedAt, lifetime: lifetime, deadline: deadline,
        refreshAt: refreshAt, issuedAt: issuedAt, expiresAt: expiresAt, now: now)
    else { return nil }
    let print = fingerprint.map(Array.init)
    return ProfileRecord(
      profile: profile, endpoint: "", held: held, retry: RetryState(), tokenFingerprint: print,
      requestFingerprint: print,
      fingerprintKey: Secret(fingerprintKey))
  }
}
