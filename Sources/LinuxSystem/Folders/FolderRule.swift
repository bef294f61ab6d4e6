/// Judges the folders on the way to a socket or header file, as sshd judges those of a key (StrictModes,
/// sshd_config(5)): readers trust the path, so nobody else may be able to put something else there.
package struct FolderRule: Equatable, Sendable {
  /// Root and the service's user.
  package var users: Set<UInt32>
  /// Their own groups.
  package var groups: Set<UInt32>
  /// `shared_folder = true`: members of other groups may write.
  package var isShared: Bool

  package init(users: Set<UInt32>, groups: Set<UInt32>, isShared: Bool = false) {
    self.users = users
    self.groups = groups
    self.isShared = isShared
  }

  /// What is wrong with the folders, from the root down.
  package func faults(in chain: [FolderFacts]) -> [FolderFault] {
    chain.compactMap(fault)
  }

  /// Why what lies in this folder may be changed by others; `nil` if it can't be.
  package func fault(in folder: FolderFacts) -> FolderFault? {
    guard users.contains(folder.owner) else { return FolderFault(folder, .owner(folder.owner)) }
    // In a sticky folder only its owner and that of the entry can remove or rename the entry (inode(7)).
    if folder.mode & 0o1000 != 0, let next = folder.nextOwner, users.contains(next) { return nil }
    if folder.mode & 0o002 != 0 { return FolderFault(folder, .everybody) }
    switch folder.writers {
    case .none: return nil
    case .unknown: return FolderFault(folder, .unknownList)
    case .ownGroup: return groupFault(folder, [folder.group], isListed: false)
    case .list(let list):
      if let user = list.users.first(where: { !users.contains($0) }) {
        return FolderFault(folder, .user(user))
      }
      return groupFault(folder, list.includesOwnGroup ? [folder.group] : [], isListed: false)
        ?? groupFault(folder, list.groups, isListed: true)
    }
  }

  private func groupFault(_ folder: FolderFacts, _ writers: [UInt32], isListed: Bool) -> FolderFault? {
    guard !isShared, let group = writers.first(where: { !groups.contains($0) }) else { return nil }
    return FolderFault(folder, .group(group, isListed: isListed))
  }
}
