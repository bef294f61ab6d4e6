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
    let message = Secret(capacity: parts.reduce(0) { $0 + $1.count + 8 }) { message in
      for part in parts {
        // The length goes first, so that no two lists of parts are the same message.
        withUnsafeBytes(of: UInt64(part.count).littleEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: part)
      }
    }
    digest = key.withBytes { key in
      message.withBytes { message in
        key.withUnsafeBytes { key in
          message.withUnsafeBufferPointer { message in
            var digest = [UInt8](repeating: 0, count: 32)
            var length: UInt32 = 0
            HMAC(
              EVP_sha256(), key.baseAddress, Int32(key.count), message.baseAddress, message.count, &digest,
              &length)
            return digest
          }
        }
      }
    }
  }
}
