internal import Glibc
internal import LinuxSystem
internal import TokenCore

/// A file that is written, synced and owned as it shall be, but not in place yet. Until it is, nobody sees it: it has
/// no name where the file system can do that (O_TMPFILE, open(2)).
struct StagedFile: ~Copyable {
  /// Such names exist for moments only, and under the lock: whoever finds one there may remove it.
  static let temporaryPrefix = ".assetit-"

  /// O_TMPFILE, which Swift can't import: it is made of others.
  private static let nameless = 0o20_000_000 | O_DIRECTORY

  private let folder: OwnedFD
  private let file: OwnedFD
  private let name: String
  private let path: String
  private let temporary: String
  /// That it has its temporary name.
  private var isLinked: Bool

  private init(
    folder: consuming OwnedFD, file: consuming OwnedFD, name: String, path: String, temporary: String,
    isLinked: Bool
  ) {
    self.folder = folder
    self.file = file
    self.name = name
    self.path = path
    self.temporary = temporary
    self.isLinked = isLinked
  }

  static func make(_ path: String, _ content: Secret, _ owner: FileOwner) throws(SystemError) -> StagedFile {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let folderPath = slash == path.startIndex ? "/" : String(path[..<slash])
    let temporary = temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 16)
    var isLinked = false
    let folder = try OwnedFD("open the folder", folderPath) {
      open(folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    let file = try create(in: folder, folderPath, temporary, &isLinked)
    let staged = StagedFile(
      folder: folder, file: file, name: String(path[slash...].drop { $0 == "/" }), path: path,
      temporary: temporary,
      isLinked: isLinked)
    try staged.fill(content, owner)
    return staged
  }

  /// Not every file system has files without a name.
  private static func create(
    in folder: borrowing OwnedFD, _ path: String, _ temporary: String, _ isLinked: inout Bool
  ) throws(SystemError) -> OwnedFD {
    let raw = folder.raw
    let file = openat(raw, ".", nameless | O_WRONLY | O_CLOEXEC, 0o600)
    if file >= 0 { return OwnedFD(file) }
    isLinked = true
    return try OwnedFD("create a file in", path) {
      openat(raw, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
  }

  private func fill(_ content: Secret, _ owner: FileOwner) throws(SystemError) {
    let raw = file.raw
    try content.withBytes { bytes throws(SystemError) in
      try bytes.withUnsafeBytes { bytes throws(SystemError) in
        var written = 0
        while written < bytes.count {
          written += try retrying("write", path) {
            write(raw, bytes.baseAddress?.advanced(by: written), bytes.count - written)
          }
        }
      }
    }
    try retrying("set the owner of", path) { fchown(raw, owner.user, owner.group) }
    try retrying("set the mode of", path) { fchmod(raw, owner.mode) }
    try retrying("sync", path) { fsync(raw) }
  }

  /// Puts it into place in one step.
  ///
  /// - Parameter replaces: whether a file may be there already.
  mutating func publish(replaces: Bool) throws(SystemError) {
    let (folder, file, name, temporary) = (folder.raw, file.raw, name, temporary)
    if !isLinked, !replaces {
      try retrying("create", path) {
        linkat(AT_FDCWD, "/proc/self/fd/\(file)", folder, name, AT_SYMLINK_FOLLOW)
      }
    } else if isLinked, !replaces {
      try retrying("create", path) { linkat(folder, temporary, folder, name, 0) }
    } else {
      if !isLinked {
        try retrying("create a file beside", path) {
          linkat(AT_FDCWD, "/proc/self/fd/\(file)", folder, temporary, AT_SYMLINK_FOLLOW)
        }
        isLinked = true
      }
      try retrying("replace", path) { renameat(folder, temporary, folder, name) }
      isLinked = false
    }
    try retrying("sync the folder of", path) { fsync(folder) }
  }

  deinit {
    if isLinked { unlinkat(folder.raw, temporary, 0) }
  }
}
