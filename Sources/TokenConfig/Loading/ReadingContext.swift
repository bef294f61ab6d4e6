internal import LinuxSystem
internal import TokenCore

/// What the sections of one configuration share while they are read.
struct ReadingContext {
  let loader: ConfigurationLoader
  let problems: ProblemList
  let paths: PathRegister
  let accounts: Accounts
  /// What a start puts up with; empty otherwise.
  let deferred = Deferred()
  /// The folder that the configuration file lies in.
  let folder: String
  /// For sockets and files that name none: `assetit` if it exists and the service may use it.
  let defaultGroup: Group?

  init(loader: ConfigurationLoader, problems: ProblemList, accounts: Accounts, folder: String) {
    self.loader = loader
    self.problems = problems
    self.accounts = accounts
    self.folder = folder
    paths = PathRegister(rule: loader.folderRule(accounts), labels: loader.labels, look: loader.look)
    let group = accounts.group(Accounts.readers.text)
    defaultGroup = group.flatMap { AccountDatabase.mayGive(to: $0.id) ? $0 : nil }
  }

  /// The group that the key names; the default where it names none.
  ///
  /// - Parameter use: what for, where a start may go on without it.
  func group(_ table: TableReader, use: UnresolvedName.Use) -> Group? {
    guard let name = table.accountName("group") else { return defaultGroup }
    guard let group = accounts.group(name) else {
      refuse(.group(name), for: use, at: { table.report("group", $0) })
      return nil
    }
    guard !loader.judgesOutlets || AccountDatabase.mayGive(to: group.id) else {
      let name = Quoted.text(name)
      table.report("group", "the service may not give files to the group \(name): make its user a member")
      return nil
    }
    return group
  }

  /// A name that doesn't exist: a problem, or put off.
  func refuse(_ name: AccountName, for use: UnresolvedName.Use, at report: (String) -> Void) {
    if loader.isLenient || !loader.judgesOutlets {
      deferred.names.append(UnresolvedName(name, use))
    } else {
      let kind = if case .user = name { "user" } else { "group" }
      report("there is no \(kind) \(Quoted.text(name.text)) on this host")
    }
  }

  /// Claims an outlet's path, in a folder that must be fit for it.
  ///
  /// - Returns: whether it may be made; what is wrong was noted, or put off.
  func claim(_ path: String, of profile: String?, isShared: Bool, _ table: TableReader, _ key: String) -> Bool
  {
    guard loader.judgesOutlets else { return true }
    let place = table.path.appending(key)
    switch paths.claim(path, isShared: isShared, at: place) {
    case .fit: return true
    case .known: break
    case .problems(let texts): for text in texts { table.problems.add(place.text, text) }
    case .unfitFolder(let texts, let isNew):
      if loader.isLenient {
        deferred.outlets.append(
          LeftOutOutlet(profile: profile, path: path, reason: texts.joined(separator: "; ")))
      } else if isNew {
        for text in texts { table.problems.add(place.text, text) }
      }
    }
    return false
  }
}

/// What a start goes on without, and looks at again later.
final class Deferred {
  var names: [UnresolvedName] = []
  var outlets: [LeftOutOutlet] = []
}
