import Glibc

/// Groups to which this process may give files.
package struct OwnGroup: Sendable {
  /// As a configuration names it; the number where the group has no name.
  package let name: String
  package let id: UInt32

  /// Two of them, neither of them the one that new files get, so far as there are such: root may give files to every
  /// group, another user only to those that it is in.
  package static let pair: (OwnGroup, OwnGroup) = {
    let others = ids.filter { $0 != getegid() }
    let first = others.first ?? getegid()
    return (OwnGroup(id: first), OwnGroup(id: others.dropFirst().first ?? first))
  }()

  private init(id: UInt32) {
    self.id = id
    name = getgrgid(id).map { String(cString: $0.pointee.gr_name) } ?? "\(id)"
  }

  private static var ids: [UInt32] {
    // daemon and games, which every Debian has.
    if geteuid() == 0 { return [1, 60] }
    var ids = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
    let count = getgroups(Int32(ids.count), &ids)
    return Array(ids.prefix(max(0, Int(count))))
  }
}
