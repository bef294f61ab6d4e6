internal import Glibc

/// The paths that the service will make: none twice, each in a folder that takes it.
final class PathRegister {
  private let problems: ProblemList
  private var places: [String: String] = [:]
  private var inputs: [String: String] = [:]
  private var folders: Set<String> = []

  init(problems: ProblemList) {
    self.problems = problems
  }

  /// Keeps a path that the service reads from being one that it makes, and so removes.
  func reserve(_ path: String, at place: String) {
    let real = Self.resolve(path)
    if let other = places[real] {
      problems.add(place, "\(path) is the path of \(other) already")
    } else {
      inputs[real] = place
    }
  }

  /// Notes a problem where another setting has this path already, or where its folder can't hold it (once
  /// for each folder).
  func claim(_ path: String, at place: SettingPath) {
    let real = Self.resolve(path)
    if let other = places[real] ?? inputs[real] {
      problems.add(place.text, "\(path) is the path of \(other) already")
    } else {
      places[real] = place.text
    }
    if Self.isFolder(path) { problems.add(place.text, "\(path) is a folder: name a path in it") }
    let folder = Self.folder(of: path)
    guard folders.insert(folder).inserted else { return }
    if let fault = Self.fault(ofFolder: folder) { problems.add(place.text, fault) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func folder(of path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The path with its folder's links and dots resolved (realpath(3)); by text where there is no such folder.
  private static func resolve(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    if let real = realpath(folder(of: path), nil) {
      defer { free(real) }
      let folder = String(cString: real)
      return folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  private static func fault(ofFolder folder: String) -> String? {
    var status = stat()
    guard stat(folder, &status) == 0 else {
      let code = errno
      return code == ENOENT
        ? "the folder \(folder) does not exist: create it (systemd-tmpfiles --create makes the packaged one)"
        : "the folder \(folder) cannot be used: \(String(cString: strerror(code)))"
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return "\(folder) is not a folder" }
    guard status.st_mode & 0o002 == 0 || status.st_mode & 0o1000 != 0 else {
      return "anybody may replace files in the folder \(folder): chmod o-w \(folder)"
    }
    guard faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 else {
      return "the service may not write to the folder \(folder) (\(String(cString: strerror(errno))))"
    }
    return nil
  }
}
