internal import CLinux
internal import Glibc

/// An open folder that sockets and files are made in, by their names alone. It was reached without a link that others
/// could have put on the way: a link is followed only in a folder that root and the service's user alone may write.
package struct Folder: ~Copyable, Sendable {
  /// Opened with `O_PATH`: good for the calls that end in "at", and needs no permission to read the folder.
  let descriptor: OwnedFD
  /// What was on the way, from the root down to this folder.
  package let facts: [FolderFacts]

  private static let mostLinks = 40

  /// Opens the folder at an absolute path. `rule`: who may have put links there.
  ///
  /// - Throws: ``SystemError``; `ELOOP` at a link that others may have put there.
  package init(path: String, rule: FolderRule = .ofProcess) throws(SystemError) {
    var walk = try FolderWalk(path, rule)
    while try walk.step(mostLinks: Self.mostLinks) {}
    facts = walk.facts
    descriptor = walk.current
  }

  /// Opens the folder that the path's last component lies in.
  package init(containing path: String) throws(SystemError) {
    try self.init(path: Self.folderPath(of: path))
  }

  /// The path of the folder that a path's last component lies in.
  package static func folderPath(of path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// What has this name in the folder; a link isn't followed.
  func status(of name: String, _ path: String) throws(SystemError) -> stat {
    var status = stat()
    try retrying("look at", path) { fstatat(descriptor.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
    return status
  }
}

extension FolderRule {
  /// Root and this process's user, with their groups.
  package static var ofProcess: FolderRule {
    FolderRule(users: [0, geteuid()], groups: [0, getegid()])
  }
}

/// Goes down a path one component at a time.
private struct FolderWalk: ~Copyable {
  private let path: String
  private let rule: FolderRule
  private(set) var current: OwnedFD
  private(set) var facts: [FolderFacts] = []
  /// The components that are still to come, the next one last.
  private var rest: [Substring]
  private var links = 0

  init(_ path: String, _ rule: FolderRule) throws(SystemError) {
    let root = try Self.root()
    facts = [try Self.examine(root, "/")]
    self.path = path
    self.rule = rule
    rest = path.split(separator: "/").reversed()
    current = root
  }

  /// - Returns: whether there was a component left.
  mutating func step(mostLinks: Int) throws(SystemError) -> Bool {
    guard let name = rest.popLast() else { return false }
    if name == "." { return true }
    let flags = clinux_o_path | O_NOFOLLOW | O_CLOEXEC
    let next = try OwnedFD("open the folder", path) { openat(current.raw, String(name), flags) }
    var status = stat()
    try retrying("examine the folder", path) { fstat(next.raw, &status) }
    let isTrusted = facts.last.map { rule.fault(in: $0.followed(by: status.st_uid)) == nil } ?? false
    if name != ".." { facts[facts.count - 1] = facts[facts.count - 1].followed(by: status.st_uid) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      let last = facts.last?.path ?? "/"
      let place = name == ".." ? Folder.folderPath(of: last) : last == "/" ? "/\(name)" : "\(last)/\(name)"
      facts.append(try Self.examine(next, place))
      current = next
    case S_IFLNK:
      links += 1
      guard isTrusted, links <= mostLinks else {
        throw SystemError(
          "follow", "the link \(name) on the way to \(path), which others may have put there", errno: ELOOP)
      }
      let target = try Self.target(of: next, path)
      if target.hasPrefix("/") {
        current = try Self.root()
        facts.append(try Self.examine(current, "/"))
      }
      rest += target.split(separator: "/").reversed()
    default: throw SystemError("open the folder", path, errno: ENOTDIR)
    }
    return true
  }

  private static func root() throws(SystemError) -> OwnedFD {
    try OwnedFD("open the folder", "/") { open("/", clinux_o_path | O_DIRECTORY | O_CLOEXEC) }
  }

  private static func target(of link: borrowing OwnedFD, _ path: String) throws(SystemError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try retrying("follow a link on the way to", path) {
      readlinkat(link.raw, "", &buffer, buffer.count)
    }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func examine(_ folder: borrowing OwnedFD, _ path: String) throws(SystemError) -> FolderFacts
  {
    var status = stat()
    try retrying("examine the folder", path) { fstat(folder.raw, &status) }
    return FolderFacts(
      path: path, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777,
      writers: writers(folder, status.st_mode))
  }

  /// The group bits of the mode bound what a list can give (acl(5), the mask), so without them there is none to read.
  private static func writers(_ folder: borrowing OwnedFD, _ mode: mode_t) -> FolderFacts.GroupWriters {
    guard mode & 0o020 != 0 else { return .none }
    // A descriptor with O_PATH has no fgetxattr(2).
    var value = [UInt8](repeating: 0, count: AccessControlList.longest)
    let count = getxattr("/proc/self/fd/\(folder.raw)", AccessControlList.attribute, &value, value.count)
    if count >= 0 {
      return AccessControlList(attribute: Array(value[..<count]), granting: .write).map { .list($0) }
        ?? .unknown
    }
    return errno == ENODATA || errno == EOPNOTSUPP ? .ownGroup : .unknown
  }
}

extension FolderFacts {
  fileprivate func followed(by owner: UInt32) -> FolderFacts {
    var facts = self
    facts.nextOwner = owner
    return facts
  }
}
