/// A POSIX access control list, as far as it lets others than a folder's owner write (acl(5)).
package struct AccessControlList: Equatable, Sendable {
  /// Users and groups that may write, after the mask.
  package var users: [UInt32] = []
  package var groups: [UInt32] = []
  /// Whether the folder's own group may write, after the mask. The group bits of the mode are the mask itself.
  package var isOwnGroupWriter = false

  package init() {}

  private static let version: UInt32 = 2
  private static let entrySize = 8
  private static let write: UInt16 = 2

  private enum Tag: UInt16 {
    case userObject = 1
    case user = 2
    case groupObject = 4
    case group = 8
    case mask = 16
    case other = 32
  }

  /// Reads the value of the extended attribute `system.posix_acl_access`: a version of four bytes, then eight for each
  /// entry (tag, permissions, id), all in the host's little-endian order (`posix_acl_xattr.h`).
  ///
  /// - Returns: `nil` if it isn't such a value.
  package init?(attribute bytes: [UInt8]) {
    guard bytes.count >= 4, (bytes.count - 4).isMultiple(of: Self.entrySize),
      Self.number(bytes[0..<4]) == Self.version
    else { return nil }
    var mask = Self.write
    var found: [(tag: Tag, id: UInt32)] = []
    for start in stride(from: 4, to: bytes.count, by: Self.entrySize) {
      let permissions = UInt16(truncatingIfNeeded: Self.number(bytes[(start + 2)..<(start + 4)]))
      guard let tag = Tag(rawValue: UInt16(truncatingIfNeeded: Self.number(bytes[start..<(start + 2)])))
      else {
        return nil
      }
      if tag == .mask { mask = permissions }
      if permissions & Self.write != 0 { found.append((tag, Self.number(bytes[(start + 4)..<(start + 8)]))) }
    }
    guard mask & Self.write != 0 else { return }
    users = found.filter { $0.tag == .user }.map(\.id)
    groups = found.filter { $0.tag == .group }.map(\.id)
    isOwnGroupWriter = found.contains { $0.tag == .groupObject }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
