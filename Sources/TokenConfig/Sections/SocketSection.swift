internal import TokenCore

/// `[profiles.NAME.socket]`, and what `[api]` has in common with it.
enum SocketSection {
  struct Result {
    let socket: SocketConfiguration
    /// `shared_folder`, which a file beside the socket has in common with it.
    let isShared: Bool
  }

  static func read(
    _ table: TableReader, profile: String, defaultPath: String, context: ReadingContext
  ) -> Result {
    let isShared = table.boolean("shared_folder") ?? false
    var socket = SocketConfiguration(
      path: path(table, key: "path", defaultPath, profile: profile, isShared: isShared, context))
    socket.mode = table.mode("mode", problem: FileMode.problem(ofSocket:)) ?? socket.mode
    socket.group = context.group(table, use: .socketGroup(profile: profile))
    socket.wait = table.duration("wait", in: SettingRanges.wait) ?? socket.wait
    socket.access = access(table, profile: profile, context)
    socket.audit = table.choice("audit", Audit.self) ?? socket.audit
    table.finish()
    return Result(socket: socket, isShared: isShared)
  }

  /// `profile`: `nil` for the HTTP socket.
  static func path(
    _ table: TableReader, key: String, _ defaultPath: String, profile: String?, isShared: Bool,
    _ context: ReadingContext
  ) -> String {
    let isGiven = table.has(key)
    let given = table.absolutePath(key)
    if isGiven, given == nil { return defaultPath }
    let path = given ?? defaultPath
    let length = path.utf8.count
    if length > SettingRanges.socketPathBytes {
      table.report(key, "must have at most \(SettingRanges.socketPathBytes) bytes (unix(7)), not \(length)")
    } else {
      _ = context.claim(path, of: profile, isShared: isShared, table, key)
    }
    return path
  }

  private static func access(_ table: TableReader, profile: String, _ context: ReadingContext) -> AccessList {
    var access = AccessList()
    let ids = { (key: String, account: (String) -> AccountName) -> Set<UInt32> in
      var ids: Set<UInt32> = []
      for (index, text) in table.strings(key, numbers: true) {
        let name = account(text)
        if let id = context.accounts.id(name) {
          ids.insert(id)
        } else {
          access.hasUnresolvedNames = true
          context.refuse(name, for: .access(profile: profile)) { table.report(key, index, $0) }
        }
      }
      return ids
    }
    access.users = ids("allow_users", AccountName.user)
    access.groups = ids("allow_groups", AccountName.group)
    for (index, unit) in table.strings("allow_units") {
      if let fault = unitFault(unit) { table.report("allow_units", index, fault) }
      access.units.append(unit)
    }
    return access
  }

  private static func unitFault(_ unit: String) -> String? {
    if unit.isEmpty { return "must not be empty" }
    guard unit.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "/") }) else {
      return "must be a unit's name such as \"billing-sync.service\", or a glob"
    }
    return nil
  }
}
