internal import Glibc
internal import LinuxSystem
internal import TOMLKit
package import TokenCore

/// Reads and validates a configuration file.
package struct ConfigurationLoader: Sendable {
  /// Where sockets and files go that name no path; `$RUNTIME_DIRECTORY`, else `/run/assetit-tokend`.
  package var runtimeDirectory = "/run/assetit-tokend"
  /// `$CREDENTIALS_DIRECTORY`; `nil` outside a unit that loads credentials.
  package var credentialsDirectory: String?
  /// Whether files with client IDs and secrets are opened; `check --no-secrets` doesn't.
  package var checksSecrets = true
  /// For a `check` or `fetch` by hand, outside the unit: where no secret is named and there is no credentials
  /// directory, `secrets/NAME` in the configuration's folder stands for the credential `secrets_NAME`.
  package var looksBesideConfiguration = false

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

  /// Reads and validates the file at `path`.
  ///
  /// - Throws: ``ConfigurationProblems``: everything that is wrong with it.
  package func load(path: String) throws(ConfigurationProblems) -> Configuration {
    let problems = ProblemList(file: String(path.split(separator: "/").last ?? ""))
    if let configuration = load(path, problems), problems.all.isEmpty { return configuration }
    throw ConfigurationProblems(problems.all)
  }

  /// A reader for this configuration's credentials.
  package func credentialReader(for configuration: Configuration) -> CredentialReader {
    CredentialReader(
      credentialsDirectory: credentialsDirectory, readersGroups: configuration.readersGroups, owners: owners)
  }

  /// By hand root looks at what the unit's user will use.
  private var owners: Set<UInt32> {
    guard looksBesideConfiguration, geteuid() == 0, let id = AccountDatabase.user("assetit-tokend") else {
      return []
    }
    return [id]
  }

  private func load(_ path: String, _ problems: ProblemList) -> Configuration? {
    do {
      let (bytes, status) = try CredentialFile.contents(of: path, limit: SettingRanges.configurationBytes)
      let table = try TOMLSyntax.parse(bytes)
      let context = ReadingContext(loader: self, problems: problems, folder: Self.folder(of: path))
      context.paths.reserve(path, at: "the configuration itself")
      let (configuration, holdsSecret) = ConfigurationReader(context: context)
        .read(TableReader(table, path: .root, problems: problems))
      if looksBesideConfiguration, let fault = Self.packagedFault(path, status) { problems.add(nil, fault) }
      if holdsSecret {
        let reader = credentialReader(for: configuration)
        let rule = CredentialFile.Rule.secret(owners: reader.owners, readersGroups: reader.readersGroups)
        do {
          try CredentialFile.judge(path, status, rule)
        } catch {
          problems.chapter = 0
          problems.add(nil, "holds a secret, but \(error)")
        }
      }
      return configuration
    } catch CredentialError.tooLong(_, let limit) {
      problems.add(nil, "is longer than \(limit) bytes")
    } catch CredentialError.notRegularFile(let file) {
      problems.add(nil, "\(file) is not a regular file")
    } catch let error as CredentialError {
      problems.add(nil, "\(error)")
    } catch let error as SyntaxFault {
      problems.add(error.place, error.text)
    } catch {
      problems.add(nil, "cannot be read")
    }
    return nil
  }

  /// Root can read what the service's user can't: the packaged configuration is looked at with that user's eyes.
  private static func packagedFault(_ path: String, _ status: stat) -> String? {
    guard path == "/etc/assetit-tokend/config.toml", geteuid() == 0,
      let user = AccountDatabase.user("assetit-tokend"), let group = AccountDatabase.group("assetit-tokend")
    else { return nil }
    let mayRead =
      status.st_uid == user
      ? status.st_mode & 0o400 : status.st_gid == group.id ? status.st_mode & 0o040 : status.st_mode & 0o004
    guard mayRead == 0 else { return nil }
    return "the service's user can't read it: chgrp assetit-tokend \(path) && chmod 0640 \(path)"
  }

  /// Absolute where the file exists (realpath(3)).
  private static func folder(of path: String) -> String {
    let real = realpath(path, nil)
    defer { free(real) }
    let absolute = real.map { String(cString: $0) } ?? path
    guard let slash = absolute.lastIndex(of: "/") else { return "." }
    return String(absolute[..<slash])
  }
}
