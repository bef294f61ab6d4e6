internal import Glibc
package import TokenCore

extension Ownership {
  /// The group that it has to have; a set-group-ID folder would give it another one than the process's.
  package var groupID: UInt32 { group ?? getegid() }
}
