internal import Glibc
package import TokenCore

/// Users and groups of this host (getpwnam_r(3), getgrnam_r(3)). Numbers stand for themselves. A call may wait for a name
/// service for long.
package enum AccountDatabase {
  /// The ids of the names that exist.
  @Sendable
  package static func ids(of names: Set<AccountName>) -> [AccountName: UInt32] {
    var ids: [AccountName: UInt32] = [:]
    for name in names { ids[name] = id(of: name) }
    return ids
  }

  static func groupName(_ id: UInt32) -> String? {
    lookUp(Glibc.group()) {
      getgrgid_r(id, $0, $1, $2, $3)
    } read: {
      String(cString: $0.gr_name)
    }
  }

  static func userName(_ id: UInt32) -> String? {
    lookUp(passwd()) {
      getpwuid_r(id, $0, $1, $2, $3)
    } read: {
      String(cString: $0.pw_name)
    }
  }

  /// Whether this process may give its files to the group (chown(2)): it is root or a member.
  static func mayGive(to group: UInt32) -> Bool {
    if geteuid() == 0 || getegid() == group { return true }
    let count = getgroups(0, nil)
    guard count > 0 else { return false }
    var groups = [gid_t](repeating: 0, count: Int(count))
    let filled = getgroups(count, &groups)
    return filled > 0 && groups.prefix(Int(filled)).contains(group)
  }

  private static func id(of name: AccountName) -> UInt32? {
    let id =
      switch name {
      case .user(let text):
        lookUp(passwd()) {
          getpwnam_r(text, $0, $1, $2, $3)
        } read: {
          $0.pw_uid
        }
      case .group(let text):
        lookUp(Glibc.group()) {
          getgrnam_r(text, $0, $1, $2, $3)
        } read: {
          $0.gr_gid
        }
      }
    return id ?? number(name.text)
  }

  /// The highest number means "none" to chown(2).
  private static func number(_ text: String) -> UInt32? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let id = UInt32(text)
    else { return nil }
    return id == .max ? nil : id
  }

  /// Calls with a buffer that grows while the entry doesn't fit in (ERANGE), up to 1 MiB.
  private static func lookUp<Entry, Value>(
    _ empty: Entry,
    _ call: (
      UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
      UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
    ) -> Int32,
    read: (Entry) -> Value
  ) -> Value? {
    var size = 1_024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      var entry = empty
      var result: UnsafeMutablePointer<Entry>?
      switch call(&entry, buffer, size, &result) {
      case ERANGE: size *= 2
      case EINTR: continue
      default: return result == nil ? nil : read(entry)
      }
    }
    return nil
  }
}
