internal import TokenCore

/// The users and groups that a configuration names, looked up all at once before it is read.
struct Accounts {
  /// For sockets and files that name no group: that of those who may read headers.
  static let readers = AccountName.group("assetit")
  /// The packaged service's own.
  static let serviceUser = AccountName.user("assetit-tokend")
  static let serviceGroup = AccountName.group("assetit-tokend")

  private let ids: [AccountName: UInt32]

  init(_ ids: [AccountName: UInt32]) {
    self.ids = ids
  }

  func id(_ name: AccountName) -> UInt32? { ids[name] }

  func group(_ name: String) -> Group? {
    ids[.group(name)].map { Group(name: name, id: $0) }
  }

  /// Every name in the file that may be looked up: whatever stands at a key for users or groups.
  static func names(in node: TOMLNode) -> Set<AccountName> {
    guard case .table(let nodes) = node else {
      if case .array(let elements) = node {
        return elements.reduce(into: []) { $0.formUnion(names(in: $1)) }
      }
      return []
    }
    return nodes.reduce(into: []) { names, entry in
      switch entry.key {
      case "group": names.formUnion(texts(entry.value).map { .group($0) })
      case "allow_groups": names.formUnion(texts(entry.value).map { .group($0) })
      case "allow_users": names.formUnion(texts(entry.value).map { .user($0) })
      default: names.formUnion(Self.names(in: entry.value))
      }
    }
  }

  /// Strings and numbers, alone or in a list. No account's name is longer than LOGIN_NAME_MAX (useradd(8)).
  private static func texts(_ node: TOMLNode) -> [String] {
    switch node {
    case .string(let text): return text.utf8.count <= 256 ? [text] : []
    case .integer(let number): return [String(number)]
    case .array(let elements): return elements.flatMap(texts)
    case .float, .boolean, .date, .table: return []
    }
  }
}

/// How users and groups are called in messages: by name where the database may be asked, which can take long.
struct AccountLabels: Sendable {
  let asksDatabase: Bool

  func user(_ id: UInt32) -> String { name(AccountDatabase.userName, id) }

  func group(_ id: UInt32) -> String { name(AccountDatabase.groupName, id) }

  private func name(_ look: (UInt32) -> String?, _ id: UInt32) -> String {
    asksDatabase ? look(id) ?? String(id) : String(id)
  }
}
