internal import Glibc
internal import LinuxSystem
internal import TokenConfig
internal import TokenCore

/// Where a profile's credentials are kept, and what has to be changed for others.
struct CredentialPlaces {
  /// How the daemon hears of others.
  enum Notice: Equatable {
    /// By itself.
    case none
    case reload
    case restart

    /// What goes behind "would then".
    var plan: String {
      switch self {
      case .none: "wait until the daemon has seen that"
      case .reload: "reload assetit-tokend.service"
      case .restart: "restart assetit-tokend.service"
      }
    }
  }

  /// Where one of the two is.
  private enum Place {
    case inline
    case file(path: String)
    /// A credential of the unit's. `isInSecretsFolder`: others of that folder are loaded too.
    case credential(name: String, LoadedCredentials.Source, isInSecretsFolder: Bool)
  }

  private let profile: ProfileConfiguration
  private let site: Site
  private let idPlace: Place
  private let secretPlace: Place

  /// - Throws: 78 where the unit loads no such credential.
  init(_ site: Site, _ profile: ProfileConfiguration, _ loaded: LoadedCredentials) throws(OperatorFailure) {
    self.site = site
    self.profile = profile
    idPlace = try Self.place(profile.clientID, loaded, site)
    secretPlace = try Self.place(profile.clientSecret, loaded, site)
  }

  private static func place(
    _ source: CredentialSource, _ loaded: LoadedCredentials, _ site: Site
  ) throws(OperatorFailure) -> Place {
    switch source {
    case .inline: return .inline
    case .file(let path):
      // Found beside the configuration, where the unit loads it from.
      if site.isPackaged, path.hasPrefix(site.secretsFolder + "/") {
        let name = "secrets_" + path.dropFirst(site.secretsFolder.count + 1)
        if loaded.sources(of: name).contains(.plain(path)) {
          return .credential(name: name, .plain(path), isInSecretsFolder: true)
        }
      }
      return .file(path: path)
    case .credential(let name):
      let sources = loaded.sources(of: name)
      guard let found = sources.first(where: { access($0.path, F_OK) == 0 }) ?? sources.first else {
        throw OperatorFailure(
          .configuration,
          "the unit loads no credential \(name): name it in LoadCredential= (systemctl edit"
            + " assetit-tokend)")
      }
      let isInFolder = found == .plain(site.secretsFolder + "/" + name.dropFirst("secrets_".count))
      return .credential(name: name, found, isInSecretsFolder: isInFolder)
    }
  }

  /// The client ID that stays.
  func currentID(_ loader: ConfigurationLoader, _ configuration: Configuration) throws(OperatorFailure)
    -> Secret
  {
    let source: CredentialSource =
      if case .credential(_, .plain(let path), _) = idPlace { .file(path) } else { profile.clientID }
    do throws(CredentialError) {
      return try loader.credentialReader(for: configuration).read(source, isSecret: false)
    } catch {
      throw OperatorFailure(.configuration, "the client ID can't be read: \(error)")
    }
  }

  func notice(_ changesID: Bool) -> Notice {
    let places = changesID ? [idPlace, secretPlace] : [secretPlace]
    if places.contains(where: { if case .credential = $0 { true } else { false } }) { return .restart }
    // Files are watched, but a reload has them looked at now.
    return site.isPackaged || places.contains(where: { if case .inline = $0 { true } else { false } })
      ? .reload : .none
  }

  /// - Throws: 78 where the configuration can't be changed without losing something, 69 where a secret can't be encrypted.
  func steps(
    _ text: ConfigurationText, _ loader: ConfigurationLoader, _ present: Configuration, newID: String?,
    newSecret: Secret
  ) throws(OperatorFailure) -> [[FileChange]] {
    let id =
      try newID.map { new throws(OperatorFailure) in try part(idPlace, Secret(new)) }
      ?? RotationPlan.Part.kept
    let secret = try part(secretPlace, newSecret)
    var editor = ConfigurationEditor(site, text, loader, present, profile)
    if case .inline = id, let newID {
      editor.edit("client_id", newID) { $0.clientID = .inline(Secret(newID)) }
    }
    if case .inline = secret, let value = newSecret.text {
      editor.edit("client_secret", value) { $0.clientSecret = .inline(newSecret) }
    }
    let hasTwoPlaces = id != .kept && !(id == .inline && secret == .inline)
    let canStage = [id, secret].allSatisfy { part in
      if case .file(_, _, _, _, nil) = part { false } else { true }
    }
    guard editor.isChanged || (hasTwoPlaces && canStage) else {
      return RotationPlan.steps(clientID: id, secret: secret, texts: nil)
    }
    let final = try editor.text()
    var between: ConfigurationText?
    if hasTwoPlaces, canStage {
      stage(id, idPlace, "client_id", &editor)
      stage(secret, secretPlace, "client_secret", &editor)
      between = try editor.text()
    }
    let texts = RotationPlan.Texts(path: site.path, owner: site.owner, final: final, between: between)
    return RotationPlan.steps(clientID: id, secret: secret, texts: texts)
  }

  private func part(_ place: Place, _ value: Secret) throws(OperatorFailure) -> RotationPlan.Part {
    let line = Secret(capacity: value.count + 1) {
      $0.append(contentsOf: value)
      $0.append(UInt8(ascii: "\n"))
    }
    switch place {
    case .inline: return .inline
    case .file(let path): return file(path, line, staged: path + UnfinishedRotation.suffix)
    case .credential(_, .plain(let path), let isInFolder):
      return file(path, line, staged: isInFolder ? path + UnfinishedRotation.suffix : nil)
    case .credential(let name, .encrypted(let path), _):
      return file(path, try EncryptedCredential.make(name: name, value), staged: nil)
    }
  }

  private func file(_ path: String, _ content: Secret, staged: String?) -> RotationPlan.Part {
    let there = FileTransaction.content(path)
    return .file(path: path, content: content, there?.owner ?? .secret, isThere: there != nil, staged: staged)
  }

  /// Has the configuration name the staged file.
  private func stage(
    _ part: RotationPlan.Part, _ place: Place, _ key: String, _ editor: inout ConfigurationEditor
  ) {
    guard case .file(_, _, _, _, let path?) = part else { return }
    let isID = key == "client_id"
    switch place {
    case .inline: break
    case .file:
      editor.edit(key + "_file", path, isNew: true) {
        isID ? ($0.clientID = .file(path)) : ($0.clientSecret = .file(path))
      }
    case .credential(let name, _, _):
      let staged = name + UnfinishedRotation.suffix
      editor.edit(key + "_credential", staged, isNew: true) {
        isID ? ($0.clientID = .credential(staged)) : ($0.clientSecret = .credential(staged))
      }
    }
  }
}
