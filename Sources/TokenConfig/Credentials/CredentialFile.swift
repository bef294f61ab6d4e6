internal import Glibc
internal import LinuxSystem
internal import TokenCore

/// A file that holds one client ID or secret: opened, judged, and read.
struct CredentialFile {
  /// Who may have access to it.
  enum Rule {
    /// Whoever: it holds no secret.
    case open
    /// Root or one of `owners` owns it, nobody else and none of the readers' groups may use it.
    case secret(owners: Set<UInt32>, readersGroups: Set<UInt32>)
    /// A file of systemd's. Later versions let the service read root's file through an access list, which
    /// shows in the group's bits, so those say nothing here.
    case systemd(owners: Set<UInt32>)
  }

  let path: String
  let rule: Rule
  let labels: AccountLabels

  /// The value, without a byte order mark before it and one line break at its end.
  ///
  /// - Throws: ``CredentialError``. Never waits: a FIFO is opened without blocking, and refused.
  func read() throws(CredentialError) -> Secret {
    var status = stat()
    let file = try Self.open(path, &status)
    try judge(status, Self.list(of: file))
    var bytes = try Self.contents(of: file, path, limit: SettingRanges.credentialBytes)
    defer { bytes.wipe() }
    return try Self.value(bytes, path)
  }

  /// Judges the file without reading it.
  func judge() throws(CredentialError) {
    var status = stat()
    let file = try Self.open(path, &status)
    try judge(status, Self.list(of: file))
  }

  /// Opens a regular file and reads it whole.
  static func contents(of path: String, limit: Int) throws(CredentialError) -> ([UInt8], stat) {
    var status = stat()
    let file = try open(path, &status)
    return (try contents(of: file, path, limit: limit), status)
  }

  private static func contents(
    of file: borrowing OwnedFD, _ path: String, limit: Int
  ) throws(CredentialError) -> [UInt8] {
    let raw = file.raw
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    defer { bytes.wipe() }
    var filled = 0
    while filled <= limit {
      let room = filled...limit
      let count = try attempt("read", path) {
        bytes[room].withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
      }
      if count == 0 { break }
      filled += count
    }
    guard filled <= limit else { throw .tooLong(file: path, limit: limit) }
    return Array(bytes.prefix(filled))
  }

  /// Whether it is a regular file that can be opened.
  static func check(_ path: String) throws(CredentialError) {
    var status = stat()
    _ = try open(path, &status)
  }

  /// Doesn't block: opening a FIFO would wait for its other end.
  private static func open(_ path: String, _ status: inout stat) throws(CredentialError) -> OwnedFD {
    let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
    let file = OwnedFD(try attempt("open", path) { Glibc.open(path, flags) })
    try attempt("examine", path) { fstat(file.raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(file: path) }
    return file
  }

  @discardableResult
  private static func attempt<Result: BinaryInteger>(
    _ operation: String, _ path: String, _ call: () -> Result
  ) throws(CredentialError) -> Result {
    do {
      return try retrying(operation, path, call)
    } catch {
      throw .unreadable(file: path, error)
    }
  }

  /// Whether owner, mode and access list are as the rule wants them.
  func judge(_ status: stat, _ list: AccessControlList? = nil) throws(CredentialError) {
    let owners: Set<UInt32>
    switch rule {
    case .open: return
    case .secret(let trusted, _), .systemd(let trusted): owners = trusted
    }
    guard owners.contains(status.st_uid) else {
      throw .foreignOwner(file: path, owner: labels.user(status.st_uid))
    }
    let mode = status.st_mode & 0o7777
    guard mode & 0o006 == 0 else { throw .exposed(file: path, mode: mode) }
    guard case .secret(_, let readersGroups) = rule else { return }
    if let user = list?.users.first(where: { !owners.contains($0) }) {
      throw .listed(file: path, user: labels.user(user))
    }
    let groups = list.map { $0.groups + ($0.includesOwnGroup ? [status.st_gid] : []) }
    if let group = (groups ?? (mode & 0o060 != 0 ? [status.st_gid] : [])).first(where: readersGroups.contains)
    {
      throw .readersGroup(file: path, group: labels.group(group))
    }
  }

  /// Those whom an access list lets read or write; `nil` without one.
  private static func list(of file: borrowing OwnedFD) -> AccessControlList? {
    AccessControlList(of: file, granting: .readOrWrite)
  }

  static func value(_ bytes: [UInt8], _ path: String) throws(CredentialError) -> Secret {
    var value = bytes[...]
    // Editors of other systems put it before UTF-8 text; the service would take it for part of the secret.
    if value.starts(with: [0xEF, 0xBB, 0xBF]) { value = value.dropFirst(3) }
    if value.last == UInt8(ascii: "\n") {
      value.removeLast()
      if value.last == UInt8(ascii: "\r") { value.removeLast() }
    }
    guard !value.isEmpty else { throw .empty(file: path) }
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .controlCharacter(file: path) }
    guard String(validating: value, as: UTF8.self) != nil else { throw .notUTF8(file: path) }
    return Secret(value)
  }
}
