internal import CLinux
internal import Glibc

/// Names of files that aren't in place yet. Nobody can foresee one and block it; what has one isn't ours for that.
package struct TemporaryName: Hashable, Sendable {
  private static let prefix = ".assetit-"
  private static let suffix = ".tmp"

  /// What tells it from any other.
  package let number: UInt64

  package init(number: UInt64) {
    self.number = number
  }

  package static func random() -> TemporaryName { TemporaryName(number: .random(in: .min ... .max)) }

  /// `.assetit-0123456789abcdef.tmp`: always 29 bytes, so that it fits wherever a name fits.
  package var text: String {
    let digits = String(number, radix: 16)
    return Self.prefix + String(repeating: "0", count: 16 - digits.utf8.count) + digits + Self.suffix
  }

  static func isOne(_ name: String) -> Bool { name.hasPrefix(prefix) && name.hasSuffix(suffix) }

  /// Removes the file of this name if it is this one.
  @discardableResult
  static func remove(_ name: String, _ identity: FileIdentity, in folder: borrowing Folder) -> Bool {
    guard let status = try? folder.status(of: name, name), FileIdentity(status) == identity,
      status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid()
    else { return false }
    return unlinkat(folder.descriptor.raw, name, 0) == 0
  }
}

extension PublishedFile {
  /// The length of the name that a file has before it is in place, in bytes.
  package static let temporaryNameBytes = TemporaryName.random().text.utf8.count

  /// Removes the temporary file that a killed process left beside this one, by the name that it had noted before it made
  /// the file: a file of this user that nobody else has a name for.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  package func removeTemporary(_ name: TemporaryName) throws(SystemError) -> Bool {
    let folder = try Folder(containing: path)
    guard let status = try? folder.status(of: name.text, path), status.st_nlink == 1 else { return false }
    return TemporaryName.remove(name.text, FileIdentity(status), in: folder)
  }

  /// Removes the temporary file that a killed process left beside this one. `identity`: what that process noted of it.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  package func removeTemporary(of identity: FileIdentity) throws(SystemError) -> Bool {
    let folder = try Folder(containing: path)
    for name in try folder.names(path) where TemporaryName.isOne(name) {
      if TemporaryName.remove(name, identity, in: folder) { return true }
    }
    return false
  }
}

extension Folder {
  /// Everything in the folder, by name.
  fileprivate func names(_ path: String) throws(SystemError) -> [String] {
    let raw = descriptor.raw
    let listed = try OwnedFD("list the folder of", path) {
      openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard let entries = fdopendir(listed.release()) else { throw SystemError("list the folder of", path) }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
      }
    }
    return names
  }
}
