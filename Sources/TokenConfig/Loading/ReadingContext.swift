internal import TokenCore

/// What the sections of one configuration share while they are read.
struct ReadingContext {
  let loader: ConfigurationLoader
  let problems: ProblemList
  let paths: PathRegister
  /// The folder that the configuration file lies in.
  let folder: String
  /// For sockets and files that name none: `assetit` where it exists and the service may use it.
  let defaultGroup: Group?

  init(loader: ConfigurationLoader, problems: ProblemList, folder: String) {
    self.loader = loader
    self.problems = problems
    self.folder = folder
    paths = PathRegister(problems: problems)
    let group = AccountDatabase.group("assetit")
    defaultGroup = group.flatMap { AccountDatabase.mayGive(to: $0.id) ? $0 : nil }
  }
}
