internal import FoundationEssentials
internal import Glibc
internal import TokenCore

/// The request's JSON. It stays at one place in memory while libcurl sends it and is overwritten at its end.
struct RequestBody: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  /// An object with exactly the two fields that the settings name.
  ///
  /// - Throws: `.credentialsUnavailable` where the client ID or secret is no UTF-8, and `.unusableSetting`
  ///   where both fields have one name.
  init(_ credentials: Credentials, _ settings: ExchangeSettings) throws(ExchangeFailure) {
    guard settings.clientIDField != settings.clientSecretField else {
      throw .unusableSetting(
        reason: "client_id_field and client_secret_field have the same name: give them different ones")
    }
    let fields = [
      settings.clientIDField: try Self.text(credentials.clientID, "client ID"),
      settings.clientSecretField: try Self.text(credentials.clientSecret, "client secret"),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var json = try? encoder.encode(fields) else {
      throw .credentialsUnavailable(
        reason: "the client ID and secret cannot be written as JSON: make sure that both are plain text")
    }
    bytes = .allocate(byteCount: json.count, alignment: 1)
    bytes.copyBytes(from: json)
    json.withUnsafeMutableBytes { $0.wipe() }
  }

  private static func text(_ secret: Secret, _ name: String) throws(ExchangeFailure) -> String {
    guard let text = secret.text else {
      throw .credentialsUnavailable(
        reason: "the \(name) is no UTF-8 text: make sure that it is copied as it was shown")
    }
    return text
  }

  deinit {
    bytes.wipe()
    bytes.deallocate()
  }
}
