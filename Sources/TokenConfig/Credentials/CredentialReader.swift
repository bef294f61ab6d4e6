internal import Glibc
internal import LinuxSystem
package import TokenCore

/// Reads a profile's client ID and secret, afresh each time: they may have been replaced.
package struct CredentialReader: Sendable {
  /// `$CREDENTIALS_DIRECTORY`; `nil` outside a unit that loads credentials.
  package let credentialsDirectory: String?
  /// The groups of those who read headers: no secret may be open to one of them.
  package let readersGroups: Set<UInt32>
  /// Who may own a secret besides root.
  package let owners: Set<UInt32>
  private let labels: AccountLabels

  /// `readersGroups`: ``Configuration/readersGroups``. `owners`: users besides root and this process's own.
  package init(credentialsDirectory: String?, readersGroups: Set<UInt32>, owners: Set<UInt32> = []) {
    self.init(
      credentialsDirectory: credentialsDirectory, readersGroups: readersGroups, owners: owners,
      labels: AccountLabels(asksDatabase: false))
  }

  init(
    credentialsDirectory: String?, readersGroups: Set<UInt32>, owners: Set<UInt32>, labels: AccountLabels
  ) {
    self.credentialsDirectory = credentialsDirectory
    self.readersGroups = readersGroups
    self.owners = owners.union([0, geteuid()])
    self.labels = labels
  }

  /// - Throws: ``CredentialError`` for the first of the two that cannot be used.
  package func read(_ profile: ProfileConfiguration) throws(CredentialError) -> Credentials {
    Credentials(
      clientID: try read(profile.clientID, isSecret: false),
      clientSecret: try read(profile.clientSecret, isSecret: true))
  }

  /// The files whose change means that credentials may have changed.
  package func watchedPaths(_ profile: ProfileConfiguration) -> [String] {
    [profile.clientID, profile.clientSecret].compactMap { source in
      switch source {
      case .inline: nil
      case .file(let path): path
      case .credential(let name): credentialsDirectory.map { "\($0)/\(name)" }
      }
    }
  }

  /// Root or one of the owners owns such a file, nobody else and none of the readers' groups may use it.
  var secretRule: CredentialFile.Rule { .secret(owners: owners, readersGroups: readersGroups) }

  /// Judges a file with a secret that is read elsewhere.
  package func judge(_ path: String) throws(CredentialError) {
    try CredentialFile(path: path, rule: secretRule, labels: labels).judge()
  }

  /// One of the two.
  ///
  /// - Throws: ``CredentialError``.
  package func read(_ source: CredentialSource, isSecret: Bool) throws(CredentialError) -> Secret {
    switch source {
    case .inline(let secret):
      return secret
    case .file(let path):
      return try CredentialFile(path: path, rule: isSecret ? secretRule : .open, labels: labels).read()
    case .credential(let name):
      guard let credentialsDirectory else { throw .noCredentialsDirectory(credential: name) }
      do {
        let path = "\(credentialsDirectory)/\(name)"
        return try CredentialFile(path: path, rule: .systemd(owners: owners), labels: labels).read()
      } catch .unreadable(_, let error) where error.errno == ENOENT {
        throw .missing(credential: name, directory: credentialsDirectory)
      }
    }
  }
}

extension Configuration {
  /// The groups of those who read headers: of every socket and file that has one. Where none is named and
  /// the mode opens it to the group, that is the process's own.
  package var readersGroups: Set<UInt32> {
    let sockets = [(api.group, api.mode)] + profiles.map { ($0.socket.group, $0.socket.mode) }
    let files = profiles.flatMap(\.files).map { ($0.group, $0.mode) }
    return Set(
      (sockets + files).compactMap { group, mode in
        if let group { return group.id }
        return mode & 0o070 != 0 ? getegid() : nil
      })
  }
}
