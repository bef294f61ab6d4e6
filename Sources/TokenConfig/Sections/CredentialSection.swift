internal import Glibc
internal import TokenCore

/// The keys that say where a client ID or secret comes from: `client_id`, `client_id_file`,
/// `client_id_credential`, and the same for `client_secret`.
struct CredentialSection {
  /// A source, and the setting that named it.
  struct Choice {
    let source: CredentialSource
    /// `nil`: none did, it is the default.
    let key: String?
  }

  let table: TableReader
  /// `client_id` or `client_secret`.
  let key: String

  /// What is named; `nil` where nothing is, or something wrong.
  func read() -> Choice? {
    table.onlyOne(of: keys)
    let inline = table.string(key, check: Self.valueFault)
    let file = table.absolutePath(keys[1])
    let credential = table.string(keys[2], check: Self.nameFault)
    if let inline {
      // As in a file: a byte order mark isn't part of the value.
      let value =
        inline.unicodeScalars.first == "\u{FEFF}" ? String(inline.unicodeScalars.dropFirst()) : inline
      return Choice(source: .inline(Secret(value)), key: key)
    }
    if let file { return Choice(source: .file(file), key: keys[1]) }
    if let credential { return Choice(source: .credential(credential), key: keys[2]) }
    return nil
  }

  var isGiven: Bool { keys.contains(where: table.has) }

  private var keys: [String] { [key, key + "_file", key + "_credential"] }

  private static func valueFault(_ value: String) -> String? {
    if value.isEmpty || value == "\u{FEFF}" { return "must not be empty" }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      return "must not hold line breaks or other control characters"
    }
    guard value.utf8.count <= SettingRanges.credentialBytes else {
      return "must have at most \(SettingRanges.credentialBytes) bytes"
    }
    return nil
  }

  /// systemd.exec(5), LoadCredential=: a file's name.
  private static func nameFault(_ name: String) -> String? {
    let isName =
      1...255 ~= name.utf8.count && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
    return isName ? nil : "must be a systemd credential's name, without \"/\" and spaces"
  }
}
