/// Why a folder isn't fit for sockets and header files.
package struct FolderFault: Error, Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// Neither root nor the service's user owns it.
    case owner(UInt32)
    case everybody
    /// An access control list lets this user write.
    case user(UInt32)
    /// `isListed`: an access control list lets the group write, not the mode.
    case group(UInt32, isListed: Bool)
    case unknownList
  }

  package let path: String
  /// Octal permission bits.
  package let mode: UInt32
  package let reason: Reason

  init(_ folder: FolderFacts, _ reason: Reason) {
    path = folder.path
    mode = folder.mode
    self.reason = reason
  }

  /// A sentence that names the folder, its mode and the remedy. `userName`, `groupName`: names of ids, where known.
  package func text(userName: (UInt32) -> String?, groupName: (UInt32) -> String?) -> String {
    let folder = "the folder \(path) (mode \(octal))"
    switch reason {
    case .owner(let id):
      let name = userName(id) ?? String(id)
      return "\(folder) belongs to the user \(name), who can replace what readers get: chown root \(path)"
    case .everybody:
      return
        "anybody can write to \(folder) and replace what readers get: chmod o-w \(path), or choose another folder"
    case .user(let id):
      let name = userName(id) ?? String(id)
      return "an access list lets the user \(name) write to \(folder) and replace what readers get:"
        + " setfacl -x u:\(name) \(path)"
    case .group(let id, let isListed):
      let name = groupName(id) ?? String(id)
      let remedy = isListed ? "setfacl -x g:\(name) \(path)" : "chmod g-w \(path)"
      return "members of the group \(name) can write to \(folder) and replace what readers get: \(remedy), or"
        + " shared_folder = true if you trust them with that"
    case .unknownList:
      return "\(folder) has an access list that can't be read: setfacl -b \(path)"
    }
  }

  private var octal: String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}

extension FolderFault: CustomStringConvertible {
  /// With numbers for names, so that no name service is asked.
  package var description: String { text(userName: { _ in nil }, groupName: { _ in nil }) }
}
