internal import TokenCore

/// `[profiles.NAME.socket]`, and what `[api]` has in common with it.
enum SocketSection {
  static func read(_ table: TableReader, defaultPath: String, context: ReadingContext) -> SocketConfiguration
  {
    var socket = SocketConfiguration(path: path(table, key: "path", defaultPath, context))
    socket.mode = table.mode("mode", problem: FileMode.problem(ofSocket:)) ?? socket.mode
    socket.group = table.group("group") ?? context.defaultGroup
    socket.wait = table.duration("wait", in: SettingRanges.wait) ?? socket.wait
    socket.access = access(table)
    socket.audit = table.choice("audit", Audit.self) ?? socket.audit
    table.finish()
    return socket
  }

  static func path(_ table: TableReader, key: String, _ defaultPath: String, _ context: ReadingContext)
    -> String
  {
    let isGiven = table.has(key)
    let given = table.absolutePath(key)
    if isGiven, given == nil { return defaultPath }
    let path = given ?? defaultPath
    let length = path.utf8.count
    if length > SettingRanges.socketPathBytes {
      table.report(key, "must have at most \(SettingRanges.socketPathBytes) bytes (unix(7)), not \(length)")
    } else {
      context.paths.claim(path, at: table.path.appending(key))
    }
    return path
  }

  private static func access(_ table: TableReader) -> AccessList {
    var access = AccessList()
    for (index, name) in table.strings("allow_users", numbers: true) {
      if let id = AccountDatabase.user(name) {
        access.users.insert(id)
      } else {
        table.report("allow_users", index, "there is no user \(Quoted.text(name)) on this host")
      }
    }
    for (index, name) in table.strings("allow_groups", numbers: true) {
      if let group = AccountDatabase.group(name) {
        access.groups.insert(group.id)
      } else {
        table.report("allow_groups", index, "there is no group \(Quoted.text(name)) on this host")
      }
    }
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
