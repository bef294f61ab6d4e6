internal import Glibc
internal import LinuxSystem

/// The paths that the service will make: none twice, each in a folder that takes it and that nobody else can change.
final class PathRegister {
  enum Verdict {
    case fit
    /// The folder is missing or can't be written to, which was told for another path already.
    case known
    case problems([String])
    /// Others can change what lies in the folder. `isNew`: it wasn't told before.
    case unfitFolder([String], isNew: Bool)
  }

  private enum FolderState {
    case fit
    case unusable(String)
    case unfit([String])
  }

  /// What there is to be seen of a path and its folder.
  private struct Sight {
    let isFolder: Bool
    let nameFault: String?
    let state: FolderState
  }

  private let rule: FolderRule
  private let labels: AccountLabels
  private let look: FolderLook
  private var places: [String: String] = [:]
  private var inputs: [String: String] = [:]
  /// By path, then with and without `shared_folder`.
  private var folders: [String: [Bool: FolderState]] = [:]
  /// Folders with their links and dots resolved.
  private var realFolders: [String: String?] = [:]

  init(rule: FolderRule, labels: AccountLabels, look: FolderLook = FolderLook()) {
    self.rule = rule
    self.labels = labels
    self.look = look
  }

  /// Keeps a path that the service reads from being one that it makes, and so removes.
  ///
  /// - Returns: what is wrong.
  func reserve(_ path: String, at place: String) -> String? {
    let real = resolve(path)
    if let other = places[real] { return "\(path) is the path of \(other) already" }
    inputs[real] = place
    return nil
  }

  /// Notes that the service makes this path.
  func claim(_ path: String, isShared: Bool, at place: SettingPath) -> Verdict {
    var problems: [String] = []
    let real = resolve(path)
    if let other = places[real] ?? inputs[real] {
      problems.append("\(path) is the path of \(other) already")
    } else {
      places[real] = place.text
    }
    let folder = Folder.folderPath(of: path)
    let known = folders[folder]?[isShared]
    guard let sight = see(path, in: folder, isShared: isShared, known) else {
      return .unfitFolder(
        ["the folder \(folder) doesn't answer: look at its file system, then reload"], isNew: true)
    }
    if sight.isFolder { problems.append("\(path) is a folder: name a path in it") }
    if let fault = sight.nameFault { problems.append(fault) }
    folders[folder, default: [:]][isShared] = sight.state
    switch sight.state {
    case .fit: return problems.isEmpty ? .fit : .problems(problems)
    case .unusable(let text):
      if known == nil { problems.append(text) }
      return problems.isEmpty ? .known : .problems(problems)
    case .unfit(let texts):
      return problems.isEmpty ? .unfitFolder(texts, isNew: known == nil) : .problems(problems)
    }
  }

  private func see(_ path: String, in folder: String, isShared: Bool, _ known: FolderState?) -> Sight? {
    var rule = rule
    rule.isShared = isShared
    return look(folder) { [rule, labels] in
      Sight(
        isFolder: Self.isFolder(path), nameFault: Self.nameFault(path, folder),
        state: known ?? Self.examine(folder, rule, labels))
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The file system must take the name, and that of the temporary file beside it.
  private static func nameFault(_ path: String, _ folder: String) -> String? {
    let limit = pathconf(folder, Int32(_PC_NAME_MAX))
    let longest = limit > 0 ? Int(limit) : Int(NAME_MAX)
    let name = path.split(separator: "/").last?.utf8.count ?? 0
    if name > longest {
      return "the file's name must have at most \(longest) bytes in \(folder), not \(name)"
    }
    if longest < PublishedFile.temporaryNameBytes {
      return "the folder \(folder) takes no names of more than \(longest) bytes: choose another folder"
    }
    return path.utf8.count < Int(PATH_MAX) ? nil : "must have less than \(PATH_MAX) bytes"
  }

  /// The path with its folder's links and dots resolved (realpath(3)); by text if there is no such folder.
  private func resolve(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    let folder = Folder.folderPath(of: path)
    if realFolders[folder] == nil {
      realFolders[folder] = .some(look(folder) { Self.realPath(folder) } ?? nil)
    }
    if let real = realFolders[folder] ?? nil { return real == "/" ? "/\(name)" : "\(real)/\(name)" }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  private static func realPath(_ folder: String) -> String? {
    guard let real = realpath(folder, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func examine(_ folder: String, _ rule: FolderRule, _ labels: AccountLabels) -> FolderState {
    let facts: [FolderFacts]
    do throws(SystemError) {
      facts = try Folder(path: folder, rule: rule).facts
    } catch {
      return state(folder, error)
    }
    let faults = rule.faults(in: facts)
    guard faults.isEmpty else {
      return .unfit(faults.map { $0.text(userName: labels.user, groupName: labels.group) })
    }
    guard faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 else {
      let reason = SystemError("write to", folder)
      return .unusable(
        reason.errno == EROFS
          ? SystemError.ofOutlet("write to", folder + "/", errno: EROFS).description
          : "the service may not write to the folder \(folder) (\(reason.reason))")
    }
    return .fit
  }

  private static func state(_ folder: String, _ error: SystemError) -> FolderState {
    switch error.errno {
    case ENOENT:
      .unusable(
        "the folder \(folder) does not exist: create it (systemd-tmpfiles --create makes the packaged one)")
    case ENOTDIR: .unusable("\(folder) is not a folder")
    case ELOOP: .unfit(["the folder \(folder) can't be trusted: \(error)"])
    default: .unusable("the folder \(folder) cannot be used: \(error.reason)")
    }
  }
}
