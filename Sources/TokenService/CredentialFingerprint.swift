import CCrypto
import TokenCore

/// Tells whether credentials are still the same ones, without keeping them: HMAC-SHA256 (RFC 2104) under a
/// random key, so that a fingerprint says nothing to whoever guesses at secrets.
struct CredentialFingerprint: Equatable, Sendable {
  /// 32 bytes.
  let digest: [UInt8]

  /// A fresh key of 32 bytes.
  static func newKey(_ random: inout some RandomNumberGenerator) -> Secret {
    Secret((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
  }

  /// `endpoint`: where the credentials are sent; the same ones mean another token elsewhere.
  init(of credentials: Credentials, endpoint: String, key: Secret) {
    let parts = [Secret(endpoint), credentials.clientID, credentials.clientSecret]
    var message: [UInt8] = []
    // An array that grows leaves copies of the secret behind.
    message.reserveCapacity(parts.reduce(0) { $0 + $1.count + 8 })
    for part in parts {
      // The length goes first, so that no two lists of parts are the same message.
      message += withUnsafeBytes(of: UInt64(part.count).littleEndian) { Array($0) }
      part.withBytes { message += $0 }
    }
    digest = key.withBytes { key in
      var digest = [UInt8](repeating: 0, count: 32)
      var length: UInt32 = 0
      HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &length)
      return digest
    }
    _ = message.withUnsafeMutableBytes { $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }
}
