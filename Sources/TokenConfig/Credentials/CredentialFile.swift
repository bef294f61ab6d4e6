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

  /// The value, without one line break at its end.
  ///
  /// - Throws: ``CredentialError``. Never waits: a FIFO is opened without blocking, and refused.
  func read() throws(CredentialError) -> Secret {
    let (bytes, status) = try Self.contents(of: path, limit: SettingRanges.credentialBytes)
    try Self.judge(path, status, rule)
    return try Self.value(bytes, path)
  }

  /// Opens a regular file and reads it whole.
  static func contents(of path: String, limit: Int) throws(CredentialError) -> ([UInt8], stat) {
    var status = stat()
    let file = try open(path, &status)
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var filled = 0
    while filled <= limit {
      let room = filled...limit
      let count = try attempt("read", path) {
        bytes[room].withUnsafeMutableBytes { Glibc.read(file.raw, $0.baseAddress, $0.count) }
      }
      if count == 0 { break }
      filled += count
    }
    guard filled <= limit else { throw .tooLong(file: path, limit: limit) }
    return (Array(bytes.prefix(filled)), status)
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

  /// Whether owner and mode are as the rule wants them.
  static func judge(_ path: String, _ status: stat, _ rule: Rule) throws(CredentialError) {
    let owners: Set<UInt32>
    switch rule {
    case .open: return
    case .secret(let trusted, _), .systemd(let trusted): owners = trusted
    }
    guard owners.contains(status.st_uid) else {
      let owner = AccountDatabase.userName(status.st_uid) ?? "user \(status.st_uid)"
      throw .foreignOwner(file: path, owner: owner)
    }
    let mode = status.st_mode & 0o7777
    guard mode & 0o006 == 0 else { throw .exposed(file: path, mode: mode) }
    if case .secret(_, let readersGroups) = rule, mode & 0o060 != 0, readersGroups.contains(status.st_gid) {
      let group = AccountDatabase.groupName(status.st_gid) ?? String(status.st_gid)
      throw .readersGroup(file: path, group: group)
    }
  }

  private static func value(_ bytes: [UInt8], _ path: String) throws(CredentialError) -> Secret {
    var value = bytes[...]
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
