import FoundationEssentials
import TokenCore

/// A token as readers get it, in every form that a file may have.
struct Header: Equatable, Sendable {
  let profile: String
  let prefix: String
  let token: Secret
  /// From then on nobody gets it any more.
  let deadline: BootTime
  /// Seconds since 1970.
  let issuedAt: Double
  let expiresAt: Double

  /// `exp` and `iat` as the token has them; where it has none, from this host's clock at `now`.
  init(profile: String, prefix: String, held: HeldToken, now: BootTime, timeOfDay: Double) {
    self.profile = profile
    self.prefix = prefix
    token = held.token
    deadline = held.deadline
    issuedAt = held.grant.issuedAt.map(Double.init) ?? timeOfDay - (now - held.requestedAt).inSeconds
    expiresAt = held.grant.expiresAt.map(Double.init) ?? timeOfDay + (held.deadline - now).inSeconds
  }

  /// The same token with the same prefix makes the same files; the times may differ by what a clock was set.
  static func == (left: Header, right: Header) -> Bool {
    left.token == right.token && left.prefix == right.prefix && left.deadline == right.deadline
  }

  /// The bytes of the header's value: prefix and token, nothing before or after.
  var value: Secret {
    token.withBytes { Secret(Array(prefix.utf8) + $0) }
  }

  /// The content of a file.
  ///
  /// - Throws: where the header can't be written as JSON.
  func rendered(for file: FileConfiguration) throws -> [UInt8] {
    switch file.format {
    case .header: value.withBytes { $0 }
    case .token: token.withBytes { $0 }
    case .curl: value.withBytes { Array("Authorization: ".utf8) + $0 + [UInt8(ascii: "\n")] }
    case .env:
      value.withBytes { Array("ASSETIT_AUTHORIZATION=\"".utf8) + Self.escaped($0) + Array("\"\n".utf8) }
    case .json: try json()
    case .template: filled(file.template)
    }
  }

  /// Within double quotes, for EnvironmentFile= (systemd.exec(5)) and for a shell that reads the file.
  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte in
      #"\"$`"#.utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
    }
  }

  private func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let content = value.withBytes { bytes in
      Content(
        header: String(decoding: bytes, as: UTF8.self), profile: profile,
        issuedAt: Timestamp.text(issuedAt), expiresAt: Timestamp.text(expiresAt))
    }
    return try Array(encoder.encode(content)) + [UInt8(ascii: "\n")]
  }

  private func filled(_ template: HeaderTemplate?) -> [UInt8] {
    (template?.pieces ?? []).flatMap { piece in
      switch piece {
      case .text(let text): Array(text.utf8)
      case .name(.header): value.withBytes { $0 }
      case .name(.token): token.withBytes { $0 }
      case .name(.profile): Array(profile.utf8)
      case .name(.expiresAt): Array(Timestamp.text(expiresAt).utf8)
      }
    }
  }

  private struct Content: Encodable {
    let header: String
    let profile: String
    let issuedAt: String
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
      case header, profile
      case issuedAt = "issued_at"
      case expiresAt = "expires_at"
    }
  }
}
