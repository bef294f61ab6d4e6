import TokenCore

/// Where a profile's client ID and secret lie, so that what hangs there harms nothing else.
struct CredentialFolders: Equatable, Sendable {
  /// `$CREDENTIALS_DIRECTORY`
  let credentialsDirectory: String?
  /// The groups of those who read headers.
  var readersGroups: Set<UInt32> = []

  /// The files whose change means that credentials may have changed. What systemd loaded never does.
  func watchedPaths(of profile: ProfileConfiguration) -> [String] {
    [profile.clientID, profile.clientSecret].compactMap { source in
      if case .file(let path) = source { path } else { nil }
    }
  }

  /// The first step of reading both: all of it, unless they lie in two folders.
  func reading(of profile: ProfileConfiguration, key: Secret) -> CredentialReading {
    let (first, second) = (folder(of: profile.clientID), folder(of: profile.clientSecret))
    let isOneStep = first == nil || second == nil || first == second
    return reading(
      of: profile, profile.clientID, isOneStep ? profile.clientSecret : nil,
      isOneStep ? second ?? first : first, key)
  }

  /// The second step, once the client ID is there.
  func reading(of profile: ProfileConfiguration, clientID: Secret, key: Secret) -> CredentialReading {
    reading(of: profile, .inline(clientID), profile.clientSecret, folder(of: profile.clientSecret), key)
  }

  private func reading(
    of profile: ProfileConfiguration, _ clientID: CredentialSource, _ clientSecret: CredentialSource?,
    _ folder: String?, _ key: Secret
  ) -> CredentialReading {
    CredentialReading(
      profile: profile.name, clientID: clientID, clientSecret: clientSecret, readersGroups: readersGroups,
      endpoint: profile.exchange.endpoint, fingerprintKey: key, folder: folder)
  }

  private func folder(of source: CredentialSource) -> String? {
    switch source {
    case .inline: nil
    case .file(let path): Path.folder(of: path)
    case .credential: credentialsDirectory
    }
  }
}

extension ExchangeSettings {
  /// Where credentials are sent and under which names: what makes the same ones mean another token.
  package var endpoint: String {
    // The usual body adds nothing, so that what 0.1.0 stored is known again.
    let format = body == .json ? [] : [body.rawValue]
    let fields = extraFields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return ([baseURL, authenticatePath, clientIDField, clientSecretField] + format + fields)
      .joined(separator: "\n")
  }
}

extension Configuration {
  /// The groups of those who read headers: of every socket and file that has one. Where none is named and the mode
  /// opens it to the group, that is `ownGroup`, the process's own.
  func readersGroups(ownGroup: UInt32) -> Set<UInt32> {
    let sockets = [(api.group, api.mode)] + profiles.map { ($0.socket.group, $0.socket.mode) }
    let files = profiles.flatMap(\.files).map { ($0.group, $0.mode) }
    return Set(
      (sockets + files).compactMap { group, mode in
        if let group { return group.id }
        return mode & 0o070 != 0 ? ownGroup : nil
      })
  }
}
