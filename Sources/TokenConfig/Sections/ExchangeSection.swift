internal import TokenCore

/// `[profiles.NAME.api]`.
enum ExchangeSection {
  /// - Returns: the settings, and whether the configuration holds a secret here.
  static func read(_ table: TableReader, baseURL: String) -> (settings: ExchangeSettings, holdsSecret: Bool) {
    var settings = ExchangeSettings(baseURL: baseURL)
    settings.authenticatePath =
      table.string("authenticate_path", check: pathFault) ?? settings.authenticatePath
    settings.clientIDField = table.string("client_id_field", check: fieldFault) ?? settings.clientIDField
    settings.clientSecretField =
      table.string("client_secret_field", check: fieldFault) ?? settings.clientSecretField
    if settings.clientIDField == settings.clientSecretField {
      table.report("client_secret_field", "must be another name than client_id_field")
    }
    settings.tokenPointer = table.string("token_pointer", check: pointerFault)
    settings.tokenFormat = table.choice("token_format", TokenFormat.self) ?? settings.tokenFormat
    settings.headerPrefix = table.string("header_prefix", check: prefixFault) ?? settings.headerPrefix
    settings.caFile = caFile(table)
    let holdsSecret = readProxy(table, &settings)
    settings.connectTimeout =
      table.duration("connect_timeout", in: SettingRanges.connectTimeout) ?? settings.connectTimeout
    settings.timeout = table.duration(
      "timeout", in: SettingRanges.timeout, default: settings.timeout,
      atLeast: ("connect_timeout", settings.connectTimeout))
    table.finish()
    return (settings, holdsSecret)
  }

  private static func pathFault(_ path: String) -> String? {
    guard path.hasPrefix("/") else { return "must begin with \"/\"" }
    let refused = [UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\")]
    guard path.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !refused.contains($0) }) else {
      return "must be a path of visible ASCII characters without \"?\", \"#\" and \"\\\""
    }
    return nil
  }

  private static func fieldFault(_ name: String) -> String? {
    name.isEmpty ? "must not be empty" : nil
  }

  /// RFC 6901 section 3.
  private static func pointerFault(_ pointer: String) -> String? {
    guard pointer.isEmpty || pointer.hasPrefix("/") else {
      return "must be a JSON pointer such as \"/token\" (RFC 6901), beginning with \"/\""
    }
    let escapes = pointer.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
    guard escapes.allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") }) else {
      return "must write \"~\" as \"~0\" and \"/\" inside a name as \"~1\" (RFC 6901)"
    }
    return nil
  }

  /// RFC 9110 section 5.5, without its tabs and bytes outside of ASCII.
  private static func prefixFault(_ prefix: String) -> String? {
    prefix.utf8.allSatisfy { 0x20...0x7E ~= $0 } ? nil : "must hold visible ASCII characters and spaces only"
  }

  private static func caFile(_ table: TableReader) -> String? {
    guard let path = table.absolutePath("ca_file") else { return nil }
    do {
      try CredentialFile.check(path)
      return path
    } catch {
      table.report("ca_file", "\(error)")
      return nil
    }
  }

  private static func readProxy(_ table: TableReader, _ settings: inout ExchangeSettings) -> Bool {
    guard let text = table.string("proxy") else { return false }
    if text.isEmpty {
      settings.proxy = .none
      return false
    }
    settings.proxy = .url(Secret(text))
    do {
      return try ProxyURL.check(text)
    } catch {
      table.report("proxy", error.text)
      return false
    }
  }
}
