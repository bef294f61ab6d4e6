internal import Glibc

/// User, group and permission bits (octal) of a file.
package struct FileOwner: Equatable, Sendable {
  package var user: UInt32
  package var group: UInt32
  package var mode: UInt32

  package init(user: UInt32, group: UInt32, mode: UInt32) {
    self.user = user
    self.group = group
    self.mode = mode
  }

  /// Of a secret: root's alone (or this user's, where somebody tries the program without being root).
  package static var secret: FileOwner { FileOwner(user: geteuid(), group: getegid(), mode: 0o600) }
}
