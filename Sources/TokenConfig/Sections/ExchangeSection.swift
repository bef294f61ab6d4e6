internal import LinuxSystem
internal import TokenCore

/// `[profiles.NAME.api]`.
struct ExchangeSection {
  /// A file that holds a secret of an exchange, judged once all groups of readers are known.
  struct SecretFile {
    enum Use {
      /// A private key, which libcurl reads itself.
      case key
      /// The value of the header of this name.
      case header(String)
    }

    let path: String
    let use: Use
    let place: SettingPath
  }

  struct Result {
    var settings: ExchangeSettings
    /// The configuration file itself holds a secret here.
    var holdsSecret = false
    var secretFiles: [SecretFile] = []
  }

  private let table: TableReader
  private let context: ReadingContext

  static func read(_ table: TableReader, baseURL: String, context: ReadingContext) -> Result {
    var result = Result(settings: ExchangeSettings(baseURL: baseURL))
    let section = ExchangeSection(table: table, context: context)
    section.readRequest(&result)
    section.readAnswer(&result.settings)
    section.readConnection(&result)
    table.finish()
    return result
  }

  // MARK: What is sent

  private func readRequest(_ result: inout Result) {
    var settings = result.settings
    settings.authenticatePath =
      table.string("authenticate_path", check: Self.pathFault) ?? settings.authenticatePath
    settings.clientIDField = table.string("client_id_field", check: Self.fieldFault) ?? settings.clientIDField
    settings.clientSecretField =
      table.string("client_secret_field", check: Self.fieldFault) ?? settings.clientSecretField
    if settings.clientIDField == settings.clientSecretField {
      table.report("client_secret_field", "must be another name than client_id_field")
    }
    settings.body = table.choice("body", RequestFormat.self) ?? settings.body
    settings.extraFields = extraFields(settings)
    result.settings = settings
    readHeaders(&result)
  }

  private func extraFields(_ settings: ExchangeSettings) -> [String: ExtraField] {
    let fields = table.table("extra_fields")
    if fields.keys.count > SettingRanges.extraFields {
      table.report("extra_fields", "must be at most \(SettingRanges.extraFields) fields")
      return [:]
    }
    return fields.keys.reduce(into: [:]) { values, name in
      if let fault = Self.fieldFault(name) { return fields.report(name, fault) }
      if name == settings.clientIDField || name == settings.clientSecretField {
        return fields.report(name, "is the field of the client ID or secret already: choose another name")
      }
      switch fields.node(name) {
      case .string(let text)? where text.utf8.count <= SettingRanges.fieldBytes: values[name] = .string(text)
      case .string?: fields.report(name, "must have at most \(SettingRanges.fieldBytes) bytes")
      case .integer(let number)?: values[name] = .integer(number)
      case .boolean(let value)?: values[name] = .boolean(value)
      case let other?:
        fields.report(name, "must be a string, a whole number, true or false, not \(other.typeName)")
      case nil: break
      }
    }
  }

  /// A value is a string, or a table that names the file it comes from: `{ file = "…" }`.
  private func readHeaders(_ result: inout Result) {
    let headers = table.table("headers")
    if headers.keys.count > SettingRanges.extraFields {
      return table.report("headers", "must be at most \(SettingRanges.extraFields) headers")
    }
    var seen: [String: String] = [:]
    for name in headers.keys {
      if let other = seen.updateValue(name, forKey: name.lowercased()) {
        headers.report(name, "is the header \(Quoted.text(other)) already: keep one of them")
        continue
      }
      let value: Secret
      if headers.isTable(name) {
        let source = headers.table(name)
        if !source.has("file") { source.report("file", "is missing: say where the header's value is") }
        let path = source.absolutePath("file")
        source.finish()
        guard let path else { continue }
        let place = source.path.appending("file")
        reserve(path, at: place)
        result.secretFiles.append(SecretFile(path: path, use: .header(name), place: place))
        value = Secret("-")
      } else {
        guard let text = headers.string(name) else { continue }
        value = Secret(text)
      }
      do throws(RequestHeader.Fault) {
        let header = try RequestHeader(name: name, value: value)
        if !headers.isTable(name) { result.settings.headers.append(header) }
      } catch {
        headers.report(name, Self.text(error))
      }
    }
  }

  static func text(_ fault: RequestHeader.Fault) -> String {
    switch fault {
    case .name: "must be named like a header: letters, digits and \"-\""
    case .reserved: "is a header that belongs to the connection and can't be set"
    case .value: "must have 1 to 8192 visible ASCII characters, with spaces only between them"
    }
  }

  // MARK: What comes back

  private func readAnswer(_ settings: inout ExchangeSettings) {
    settings.tokenPointer = table.string("token_pointer", check: Self.pointerFault)
    settings.tokenFormat = table.choice("token_format", TokenFormat.self) ?? settings.tokenFormat
    settings.headerPrefix = table.string("header_prefix", check: Self.prefixFault) ?? settings.headerPrefix
  }

  // MARK: How

  private func readConnection(_ result: inout Result) {
    result.settings.caFile = file("ca_file")
    result.settings.clientCertificate = file("client_certificate")
    result.settings.clientKey = file("client_key")
    if table.has("client_key"), !table.has("client_certificate") {
      table.report("client_key", "needs client_certificate, the certificate that it belongs to")
    }
    // Without a file for the key, the certificate's holds it.
    let key = result.settings.clientKey.map { ($0, "client_key") }
    let certificate = result.settings.clientCertificate.map { ($0, "client_certificate") }
    if let (path, key) = table.has("client_key") ? key : certificate {
      result.secretFiles.append(SecretFile(path: path, use: .key, place: table.path.appending(key)))
    }
    result.holdsSecret = readProxy(&result.settings)
    let settings = result.settings
    result.settings.connectTimeout =
      table.duration("connect_timeout", in: SettingRanges.connectTimeout) ?? settings.connectTimeout
    result.settings.timeout = table.duration(
      "timeout", in: SettingRanges.timeout, default: settings.timeout,
      atLeast: ("connect_timeout", result.settings.connectTimeout))
  }

  private func file(_ key: String) -> String? {
    guard let path = table.absolutePath(key) else { return nil }
    reserve(path, at: table.path.appending(key))
    guard context.loader.checksSecrets || key == "ca_file" else { return path }
    do throws(CredentialError) {
      let result = context.loader.look(Folder.folderPath(of: path)) {
        Swift.Result { () throws(CredentialError) in try CredentialFile.check(path) }
      }
      try result?.get()
      return path
    } catch {
      table.report(key, "\(error)")
      return nil
    }
  }

  private func reserve(_ path: String, at place: SettingPath) {
    if let fault = context.paths.reserve(path, at: place.text) { table.problems.add(place.text, fault) }
  }

  private func readProxy(_ settings: inout ExchangeSettings) -> Bool {
    guard let text = table.string("proxy") else { return false }
    if text.isEmpty {
      settings.proxy = .none
      return false
    }
    settings.proxy = .url(Secret(text))
    do throws(SettingFault) {
      return try ProxyURL.check(text)
    } catch {
      table.report("proxy", error.text)
      return false
    }
  }

  // MARK: What texts may be

  private static func pathFault(_ path: String) -> String? {
    guard path.hasPrefix("/") else { return "must begin with \"/\"" }
    let refused = [UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\")]
    guard path.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !refused.contains($0) }) else {
      return "must be a path of visible ASCII characters without \"?\", \"#\" and \"\\\""
    }
    return nil
  }

  private static func fieldFault(_ name: String) -> String? {
    if name.isEmpty { return "must not be empty" }
    return name.utf8.count <= 256 ? nil : "must have at most 256 bytes"
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
}
