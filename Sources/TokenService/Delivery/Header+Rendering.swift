import DaemonCore
import FoundationEssentials
import TokenCore

/// The forms that a file may have.
extension Header {
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
