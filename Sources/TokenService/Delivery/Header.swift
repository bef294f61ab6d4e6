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
  var value: Secret { token.prefixed(with: prefix) }

  /// The content of a file.
  ///
  /// - Throws: where the header can't be written as JSON.
  func rendered(for file: FileConfiguration) throws -> Secret {
    switch file.format {
    case .header: value
    case .token: token
    case .curl: Self.joined([Secret("Authorization: "), value, Secret("\n")])
    case .env: Self.joined([Secret("ASSETIT_AUTHORIZATION=\""), Self.escaped(value), Secret("\"\n")])
    case .json: try json()
    case .template: filled(file.template)
    }
  }

  private static func joined(_ parts: [Secret]) -> Secret {
    Secret(capacity: parts.reduce(0) { $0 + $1.count }) { for part in parts { $0.append(contentsOf: part) } }
  }

  /// Within double quotes, for EnvironmentFile= (systemd.exec(5)) and for a shell that reads the file.
  private static func escaped(_ value: Secret) -> Secret {
    value.withBytes { bytes in
      Secret(capacity: 2 * bytes.count) { escaped in
        for index in bytes.indices {
          if #"\"$`"#.utf8.contains(bytes[index]) { escaped.append(UInt8(ascii: "\\")) }
          escaped.append(bytes[index])
        }
      }
    }
  }

  private func json() throws -> Secret {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let content = Content(
      header: value.text ?? "", profile: profile, issuedAt: Timestamp.text(issuedAt),
      expiresAt: Timestamp.text(expiresAt))
    var line = try encoder.encode(content)
    defer { line.withUnsafeMutableBytes { $0.wipe() } }
    return Self.joined([Secret(line), Secret("\n")])
  }

  private func filled(_ template: HeaderTemplate?) -> Secret {
    let parts = (template?.pieces ?? []).map { piece in
      switch piece {
      case .text(let text): Secret(text)
      case .name(.header): value
      case .name(.token): token
      case .name(.profile): Secret(profile)
      case .name(.expiresAt): Secret(Timestamp.text(expiresAt))
      }
    }
    return Self.joined(parts)
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
