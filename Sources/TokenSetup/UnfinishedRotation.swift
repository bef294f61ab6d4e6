internal import LinuxSystem
internal import TokenConfig
internal import TokenCore

/// What a rotation leaves that was killed between its steps: files beside the usual ones, and perhaps a configuration
/// that names these. Both the old and the new pair are whole then; what is left to do is tidying up.
enum UnfinishedRotation {
  /// Of a file, and of a credential, that holds the new value for a moment.
  static let suffix = ".assetit-rotating"

  /// - Returns: the changes after which everything is at its usual place; none if it is.
  /// - Throws: 78 if the configuration can't be changed without a risk.
  static func changes(
    _ site: Site, _ text: ConfigurationText, _ loader: ConfigurationLoader, _ present: Configuration,
    _ profile: ProfileConfiguration, _ loaded: LoadedCredentials
  ) throws(OperatorFailure) -> [FileChange] {
    var editor = ConfigurationEditor(site, text, loader, present, profile)
    var changes: [FileChange] = []
    var leftovers: [String] = []
    for (key, source, isID) in [
      ("client_id", profile.clientID, true), ("client_secret", profile.clientSecret, false),
    ] {
      guard let path = place(source, loaded) else { continue }
      guard path.hasSuffix(suffix), let staged = FileTransaction.content(path) else {
        leftovers.append(path + suffix)
        continue
      }
      let usual = String(path.dropLast(suffix.count))
      let isThere = FileTransaction.content(usual) != nil
      changes.append(
        isThere
          ? .replace(path: usual, content: staged.content, staged.owner)
          : .create(path: usual, content: staged.content, staged.owner))
      leftovers.append(path)
      switch source {
      case .credential(let name):
        let usualName = String(name.dropLast(suffix.count))
        editor.edit(key + "_credential", usualName) {
          isID ? ($0.clientID = .credential(usualName)) : ($0.clientSecret = .credential(usualName))
        }
      default:
        editor.edit(key + "_file", usual) {
          isID ? ($0.clientID = .file(usual)) : ($0.clientSecret = .file(usual))
        }
      }
    }
    if editor.isChanged {
      changes.append(.replace(path: site.path, content: Secret(try editor.text().text), site.owner))
    }
    return changes + leftovers.filter { FileTransaction.content($0) != nil }.map { .remove(path: $0) }
  }

  private static func place(_ source: CredentialSource, _ loaded: LoadedCredentials) -> String? {
    switch source {
    case .inline: return nil
    case .file(let path): return path
    case .credential(let name):
      let paths = loaded.sources(of: name).compactMap { source in
        if case .plain(let path) = source { path } else { String?.none }
      }
      return paths.first
    }
  }
}
