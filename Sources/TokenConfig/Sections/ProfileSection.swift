internal import Glibc
internal import TokenCore

/// `[profiles.NAME]`.
package struct ProfileSection {
  let name: String
  let table: TableReader
  let context: ReadingContext

  /// A profile that was read, and what the checks that follow need.
  struct Result {
    var profile: ProfileConfiguration
    /// `nil`: none is named, or something wrong, and that was noted.
    let clientID: CredentialSection.Choice?
    let clientSecret: CredentialSection.Choice?
    let exchange: ExchangeSection.Result
    /// The configuration file itself holds a secret.
    let holdsSecret: Bool
    let path: SettingPath
    let problems: ProblemList
  }

  /// `[a-z0-9][a-z0-9_-]{0,31}`
  package static func isName(_ name: String) -> Bool {
    let isPlain: (UInt8) -> Bool = {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
    }
    guard 1...32 ~= name.utf8.count, let first = name.utf8.first, isPlain(first) else { return false }
    return name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  func read(regions: [String: String?]) -> Result {
    let baseURL = baseURL(regions)
    let id = CredentialSection(table: table, key: "client_id")
    let clientID = id.read()
    if !id.isGiven {
      table.report("client_id", "is missing: take it from AssetIT, Settings, API Credentials")
    }
    let clientSecret = clientSecret()
    let exchange = ExchangeSection.read(table.table("api"), baseURL: baseURL, context: context)
    for choice in [clientID, clientSecret] {
      if let choice, let key = choice.key, case .file(let path) = choice.source {
        let place = table.path.appending(key).text
        if let fault = context.paths.reserve(path, at: place) { table.problems.add(place, fault) }
      }
    }
    let refresh = RefreshSection.read(table.table("refresh"))
    let socket = SocketSection.read(
      table.table("socket"), profile: name, defaultPath: "\(context.loader.runtimeDirectory)/\(name).sock",
      context: context)
    let files = files(socket)
    table.finish()
    let placeholder = CredentialSource.inline(Secret(""))
    var profile = ProfileConfiguration(
      name: name, exchange: exchange.settings, clientID: clientID?.source ?? placeholder,
      clientSecret: clientSecret?.source ?? placeholder, socket: socket.socket, files: files)
    profile.refresh = refresh
    return Result(
      profile: profile, clientID: clientID, clientSecret: clientSecret, exchange: exchange,
      holdsSecret: exchange.holdsSecret || table.has("client_secret"), path: table.path,
      problems: table.problems)
  }

  private func baseURL(_ regions: [String: String?]) -> String {
    table.onlyOne(of: ["base_url", "region"])
    if let region = table.string("region"), !table.has("base_url") {
      if let url = regions[region] { return url ?? "" }
      let names = regions.keys.sorted().map { Quoted.text($0) }.joined(separator: ", ")
      let known = names.isEmpty ? "[regions] is empty: add it there" : "[regions] has \(names)"
      table.report("region", "there is no region \(Quoted.text(region)): \(known)")
    }
    if !table.has("base_url"), !table.has("region") {
      table.report("base_url", "is missing: take it from your AssetIT API documentation page")
    }
    guard let text = table.string("base_url") else { return "" }
    do {
      return try BaseURL.parse(text)
    } catch {
      table.report("base_url", error.text)
      return ""
    }
  }

  private func clientSecret() -> CredentialSection.Choice? {
    let section = CredentialSection(table: table, key: "client_secret")
    if let choice = section.read() { return choice }
    if section.isGiven { return nil }
    let loader = context.loader
    let standard = CredentialSection.Choice(source: .credential("secrets_\(name)"), key: nil)
    if loader.credentialsDirectory != nil { return standard }
    let beside = "\(context.folder)/secrets/\(name)"
    if loader.looksBesideConfiguration, Self.mayExist(beside) {
      return CredentialSection.Choice(source: .file(beside), key: nil)
    }
    if !loader.checksCredentials(of: name) { return standard }
    table.report(
      "client_secret_file",
      "is missing: write the secret to \(beside) (root, 0600), or name another file; outside of the unit there are no"
        + " systemd credentials ($CREDENTIALS_DIRECTORY is not set)")
    return nil
  }

  private func files(_ result: SocketSection.Result) -> [FileConfiguration] {
    if let tables = table.tables("files") {
      return tables.compactMap { FileSection.read($0, profile: name, context: context) }
    }
    guard result.socket.access.isEmpty else { return [] }
    let file = FileSection.standard(table, name: name, beside: result, context: context)
    return file.map { [$0] } ?? []
  }

  /// What can't be looked at may be there; opening it then tells why.
  private static func mayExist(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }
}
