internal import Glibc
internal import LinuxSystem
package import TokenCore

/// Reads and validates a configuration file. It opens files, starts a process that parses TOML, and asks for names of
/// users and groups, so it belongs on a thread that may wait.
package struct ConfigurationLoader: Sendable {
  /// Where sockets and files go that name no path; `$RUNTIME_DIRECTORY`, else `/run/assetit-tokend`.
  package var runtimeDirectory = "/run/assetit-tokend"
  /// `$CREDENTIALS_DIRECTORY`; `nil` outside a unit that loads credentials.
  package var credentialsDirectory: String?
  /// Whether files with client IDs and secrets are opened; `check --no-secrets` doesn't.
  package var checksSecrets = true
  /// Narrows ``checksSecrets`` to one profile: what others lack is no reason not to try this one.
  package var onlyProfile: String?
  /// Narrows ``checksSecrets`` to what goes beside client ID and secret (headers from files, a client's key): these two
  /// are about to be replaced.
  package var checksCredentials = true
  /// Whether sockets, header files and their groups must be fit to be made; `fetch` makes none.
  package var judgesOutlets = true
  /// For a `check` or `fetch` by hand, outside the unit: where no secret is named and there is no credentials
  /// directory, `secrets/NAME` in the configuration's folder stands for the credential `secrets_NAME`.
  package var looksBesideConfiguration = false
  /// A start goes on without names that don't exist yet and outlets in folders that others can change, and notes both in
  /// the configuration (``Configuration/unresolved``, ``Configuration/leftOut``).
  package var isLenient = false
  /// For what lies in folders that may hang.
  package var look = FolderLook()
  /// The program that is started to parse TOML.
  package var parser = TOMLProgram.itself
  /// Finds the ids of all names at once; those that don't exist are missing from its answer.
  package var lookUpAccounts: @Sendable (Set<AccountName>) -> [AccountName: UInt32] = AccountDatabase.ids

  package init() {}

  /// Takes the directories from `$RUNTIME_DIRECTORY` (the first of its list) and `$CREDENTIALS_DIRECTORY`.
  package static func fromEnvironment(_ environment: [String: String]) -> ConfigurationLoader {
    var loader = ConfigurationLoader()
    if let first = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first {
      loader.runtimeDirectory = String(first)
    }
    if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
      loader.credentialsDirectory = directory
    }
    return loader
  }

  /// Whether this profile's client ID and secret are opened.
  func checksCredentials(of profile: String) -> Bool {
    checksSecrets && checksCredentials && (onlyProfile ?? profile) == profile
  }

  /// Reads and validates the file at `path`.
  ///
  /// - Throws: ``ConfigurationProblems``: everything that is wrong with it.
  package func load(path: String) throws(ConfigurationProblems) -> Configuration {
    let (bytes, status): ([UInt8], stat)
    do throws(CredentialError) {
      (bytes, status) = try CredentialFile.contents(of: path, limit: SettingRanges.configurationBytes)
    } catch {
      let problem = ConfigurationProblem(file: Self.name(path), place: nil, text: Self.text(error))
      throw ConfigurationProblems([problem], isTemporary: error.isShortage)
    }
    return try load(bytes, as: path, status)
  }

  /// Validates a text that is to become the file at `path`.
  package func load(_ bytes: [UInt8], as path: String) throws(ConfigurationProblems) -> Configuration {
    try load(bytes, as: path, nil)
  }

  /// A reader for this configuration's credentials.
  package func credentialReader(for configuration: Configuration) -> CredentialReader {
    CredentialReader(
      credentialsDirectory: credentialsDirectory, readersGroups: configuration.readersGroups, owners: owners,
      labels: labels)
  }

  /// What looks wrong about client IDs and secrets that can be used, a sentence for each, without a byte of them.
  package func remarks(on configuration: Configuration) -> [String] {
    let reader = credentialReader(for: configuration)
    return configuration.profiles.flatMap { profile in
      guard let credentials = try? reader.read(profile) else { return [String]() }
      return credentials.oddities.map { "profiles.\(profile.name): \($0)" }
    }
  }

  /// By hand a name service may be asked while somebody waits; the daemon shows numbers.
  var labels: AccountLabels { AccountLabels(asksDatabase: looksBesideConfiguration) }

  /// Whose folders are fit for outlets. By hand the service's own are, too: its user will make them.
  func folderRule(_ accounts: Accounts) -> FolderRule {
    var rule = FolderRule.ofProcess
    guard looksBesideConfiguration else { return rule }
    if let user = accounts.id(Accounts.serviceUser) { rule.users.insert(user) }
    if let group = accounts.id(Accounts.serviceGroup) { rule.groups.insert(group) }
    return rule
  }

  /// By hand root looks at what the unit's user will use.
  private var owners: Set<UInt32> {
    guard looksBesideConfiguration, geteuid() == 0 else { return [] }
    return Set(lookUpAccounts([Accounts.serviceUser]).values)
  }

  private func load(
    _ bytes: [UInt8], as path: String, _ status: stat?
  ) throws(ConfigurationProblems) -> Configuration {
    let nodes: [String: TOMLNode]
    do throws(SyntaxFault) {
      nodes = try TOMLSyntax(program: parser).parse(bytes)
    } catch {
      let problem = ConfigurationProblem(file: Self.name(path), place: error.place, text: error.text)
      throw ConfigurationProblems([problem], isTemporary: error.isTemporary)
    }
    return try load(nodes, as: path, status)
  }

  /// Validates what has been parsed.
  func load(
    _ nodes: [String: TOMLNode], as path: String, _ status: stat? = nil
  ) throws(ConfigurationProblems) -> Configuration {
    let problems = ProblemList(file: Self.name(path))
    let configuration = read(nodes, path, status, problems)
    guard problems.all.isEmpty else { throw ConfigurationProblems(problems.all) }
    return configuration
  }

  private func read(
    _ nodes: [String: TOMLNode], _ path: String, _ status: stat?, _ problems: ProblemList
  ) -> Configuration {
    let whole = problems.section()
    let service = [Accounts.readers, Accounts.serviceUser, Accounts.serviceGroup]
    let accounts = Accounts(lookUpAccounts(Accounts.names(in: .table(nodes)).union(service)))
    let context = ReadingContext(
      loader: self, problems: problems, accounts: accounts, folder: Self.folder(of: path))
    _ = context.paths.reserve(path, at: "the configuration itself")
    let (configuration, holdsSecret) = ConfigurationReader(context: context)
      .read(TableReader(nodes, path: .root, problems: problems))
    if let status { judge(path, status, holdsSecret, accounts, configuration, whole) }
    return configuration
  }

  private func judge(
    _ path: String, _ status: stat, _ holdsSecret: Bool, _ accounts: Accounts, _ configuration: Configuration,
    _ problems: ProblemList
  ) {
    if holdsSecret {
      let reader = credentialReader(for: configuration)
      do throws(CredentialError) {
        try CredentialFile(path: path, rule: reader.secretRule, labels: labels).judge(status)
      } catch {
        problems.add(nil, "holds a secret, but \(error)")
      }
    }
    if looksBesideConfiguration, let fault = Self.packagedFault(path, status, accounts) {
      problems.add(nil, fault)
    }
  }

  /// Root can read what the service's user can't: the packaged configuration is looked at with that user's eyes.
  private static func packagedFault(_ path: String, _ status: stat, _ accounts: Accounts) -> String? {
    guard path == "/etc/assetit-tokend/config.toml", geteuid() == 0,
      let user = accounts.id(Accounts.serviceUser), let group = accounts.id(Accounts.serviceGroup)
    else { return nil }
    let mayRead =
      status.st_uid == user
      ? status.st_mode & 0o400 : status.st_gid == group ? status.st_mode & 0o040 : status.st_mode & 0o004
    guard mayRead == 0 else { return nil }
    return "the service's user can't read it: chgrp assetit-tokend \(path) && chmod 0640 \(path)"
  }

  private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

  private static func text(_ error: CredentialError) -> String {
    switch error {
    case .tooLong(_, let limit): "is longer than \(limit) bytes"
    case .notRegularFile(let file): "\(file) is not a regular file"
    default: "\(error)"
    }
  }

  /// Absolute if the file exists (realpath(3)).
  private static func folder(of path: String) -> String {
    let real = realpath(path, nil)
    defer { free(real) }
    let absolute = real.map { String(cString: $0) } ?? path
    guard let slash = absolute.lastIndex(of: "/") else { return "." }
    return String(absolute[..<slash])
  }
}
