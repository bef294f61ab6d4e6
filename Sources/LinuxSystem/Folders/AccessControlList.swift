internal import CLinux
internal import Glibc

/// A POSIX access control list, as far as it grants a permission to others than the owner (acl(5)).
package struct AccessControlList: Equatable, Sendable {
  package enum Permission: UInt16, Sendable {
    case write = 2
    case readOrWrite = 6
  }

  /// Users and groups that have the permission, after the mask.
  package var users: [UInt32] = []
  package var groups: [UInt32] = []
  /// Whether the file's own group has it, after the mask. The group bits of the mode are the mask itself.
  package var includesOwnGroup = false

  package init() {}

  private static let version: UInt32 = 2
  private static let entrySize = 8

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
  package init?(attribute bytes: [UInt8], granting permission: Permission) {
    guard bytes.count >= 4, (bytes.count - 4).isMultiple(of: Self.entrySize),
      Self.number(bytes[0..<4]) == Self.version
    else { return nil }
    let wanted = permission.rawValue
    var mask = wanted
    var found: [(tag: Tag, permissions: UInt16, id: UInt32)] = []
    for start in stride(from: 4, to: bytes.count, by: Self.entrySize) {
      let permissions = UInt16(truncatingIfNeeded: Self.number(bytes[(start + 2)..<(start + 4)]))
      guard let tag = Tag(rawValue: UInt16(truncatingIfNeeded: Self.number(bytes[start..<(start + 2)])))
      else {
        return nil
      }
      if tag == .mask { mask = permissions }
      found.append((tag, permissions, Self.number(bytes[(start + 4)..<(start + 8)])))
    }
    let granted = found.filter { $0.permissions & mask & wanted != 0 }
    users = granted.filter { $0.tag == .user }.map(\.id)
    groups = granted.filter { $0.tag == .group }.map(\.id)
    includesOwnGroup = granted.contains { $0.tag == .groupObject }
  }

  /// The list of an open file; `nil` if it has none, or one that isn't understood.
  package init?(of file: borrowing OwnedFD, granting permission: Permission) {
    var value = [UInt8](repeating: 0, count: Self.longest)
    let count = fgetxattr(file.raw, Self.attribute, &value, value.count)
    guard count >= 0, let list = AccessControlList(attribute: Array(value[..<count]), granting: permission)
    else {
      return nil
    }
    self = list
  }

  /// The extended attribute that holds the list.
  static let attribute = "system.posix_acl_access"
  /// XATTR_SIZE_MAX, the most that the kernel gives (xattr(7)).
  static let longest = 65_536

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
