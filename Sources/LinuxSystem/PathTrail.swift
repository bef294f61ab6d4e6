internal import Glibc

/// The folder entries that decide what a path leads to: its symbolic links, and the file itself.
package struct PathTrail: Equatable, Sendable {
  /// An entry of a folder. The folder's path has no links in it.
  package struct Step: Hashable, Sendable {
    package let folder: String
    package let name: String
  }

  /// Links (path_resolution(7) allows as many).
  private static let mostLinks = 40

  /// In the order in which they are followed. The last is the file, or whatever is missing on the way to it.
  package private(set) var steps: [Step] = []

  /// Follows an absolute path as the kernel would (path_resolution(7)).
  ///
  /// - Throws: where something on the way can't be looked at, or links go in a circle (`ELOOP`).
  package static func of(_ path: String) throws(SystemError) -> PathTrail {
    var trail = PathTrail()
    try trail.follow(path)
    return trail
  }

  private mutating func follow(_ path: String) throws(SystemError) {
    var folder = ""
    var rest = Self.names(in: path)
    var links = 0
    while let name = rest.popLast() {
      if name == ".." {
        folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        continue
      }
      let entry = "\(folder)/\(name)"
      var status = stat()
      guard lstat(entry, &status) == 0 else {
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError("look at", entry) }
        return add(folder, name)
      }
      switch status.st_mode & S_IFMT {
      case S_IFLNK:
        links += 1
        guard links <= Self.mostLinks else { throw SystemError("follow", path, errno: ELOOP) }
        add(folder, name)
        let target = try Self.target(of: entry)
        if target.hasPrefix("/") { folder = "" }
        rest += Self.names(in: target)
      case S_IFDIR where !rest.isEmpty:
        folder = entry
      default:
        return add(folder, name)
      }
    }
  }

  private mutating func add(_ folder: String, _ name: String) {
    steps.append(Step(folder: folder.isEmpty ? "/" : folder, name: name))
  }

  /// Last one first.
  private static func names(in path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  private static func target(of link: String) throws(SystemError) -> String {
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try retrying("follow", link) { readlink(link, &bytes, bytes.count) }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
