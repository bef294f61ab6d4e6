/// What decides whether others can change what lies in a folder.
package struct FolderFacts: Equatable, Sendable {
  /// Who may write besides the owner and what the mode gives to everybody.
  package enum GroupWriters: Equatable, Sendable {
    case none
    /// The folder's group.
    case ownGroup
    case list(AccessControlList)
    /// There is a list, and it can't be read or understood.
    case unknown
  }

  /// Without links in it.
  package var path: String
  package var owner: UInt32
  package var group: UInt32
  /// Permission bits, the sticky bit included.
  package var mode: UInt32
  package var writers: GroupWriters
  /// The owner of what comes next on the way to the outlet; `nil` for the folder that the outlet lies in.
  package var nextOwner: UInt32?

  package init(
    path: String, owner: UInt32, group: UInt32, mode: UInt32, writers: GroupWriters, nextOwner: UInt32? = nil
  ) {
    self.path = path
    self.owner = owner
    self.group = group
    self.mode = mode
    self.writers = writers
    self.nextOwner = nextOwner
  }
}
