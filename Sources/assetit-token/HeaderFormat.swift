import ArgumentParser
import AssetITTokenClient
import FoundationEssentials

/// A header as text, in the forms that the daemon's files have.
enum HeaderFormat: String, CaseIterable, ExpressibleByArgument {
  case header, token, curl, env, json

  /// A header that holds what no header may, which would break the form it is put into.
  struct Unprintable: Error, CustomStringConvertible {
    var description: String {
      "the daemon's header holds control characters, so it isn't printed: look at header_prefix, and at"
        + " systemctl status assetit-tokend"
    }
  }

  /// - Parameter issuedAt: for `json`; `null` where it isn't known.
  /// - Throws: ``Unprintable``, whatever the form.
  func render(_ header: AuthorizationHeader, profile: String, issuedAt: Date? = nil) throws -> [UInt8] {
    guard header.value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { throw Unprintable() }
    return switch self {
    case .header: Array(header.value.utf8)
    case .token: Array(header.token.utf8)
    case .curl: Array("Authorization: \(header.value)\n".utf8)
    case .env: Array("ASSETIT_AUTHORIZATION=\"\(Self.escaped(header.value))\"\n".utf8)
    case .json: try JSONLine.bytes(Content(header, profile, issuedAt))
    }
  }

  /// Whether a newline belongs to it, terminal or not.
  var isWholeLines: Bool { self != .header && self != .token }

  /// Within double quotes, for EnvironmentFile= (systemd.exec(5)) and for a shell that reads it.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\"\\$`".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  private struct Content: Encodable {
    let header: String
    let profile: String
    let issuedAt: Date?
    let expiresAt: Date?

    init(_ header: AuthorizationHeader, _ profile: String, _ issuedAt: Date?) {
      self.header = header.value
      self.profile = profile
      self.issuedAt = issuedAt
      expiresAt = header.expiresAt
    }

    private enum CodingKeys: String, CodingKey {
      case header, profile
      case issuedAt = "issued_at"
      case expiresAt = "expires_at"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(header, forKey: .header)
      try container.encode(profile, forKey: .profile)
      try container.encode(issuedAt, forKey: .issuedAt)
      try container.encode(expiresAt, forKey: .expiresAt)
    }
  }
}
