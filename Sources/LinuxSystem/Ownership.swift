internal import Glibc

/// Permission bits (octal, as for chmod(2)) and group of something that readers open.
package struct Ownership: Equatable, Sendable {
  package let mode: UInt32
  /// `nil`: the process's own.
  package let group: UInt32?

  /// The group that it has to have; a set-group-ID folder would give it another one than the process's.
  package var groupID: UInt32 { group ?? getegid() }

  package init(mode: UInt32, group: UInt32?) {
    self.mode = mode
    self.group = group
  }
}
