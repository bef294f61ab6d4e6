/// A name of a user or group, as the configuration has it.
package enum AccountName: Hashable, Sendable {
  case user(String)
  case group(String)
}

/// A name that no user or group of this host had when the configuration was loaded at a start: a directory
/// service may still be coming up. It is looked up again, and meanwhile matches nobody.
package struct UnresolvedName: Hashable, Sendable {
  /// What the name is for.
  package enum Use: Hashable, Sendable {
    /// `api.group`
    case apiGroup
    /// `profiles.NAME.socket.group`
    case socketGroup(profile: String)
    /// `profiles.NAME.files[…].group`, by the file's path.
    case fileGroup(profile: String, path: String)
    /// `allow_users` or `allow_groups` of a profile.
    case access(profile: String)
  }

  package let account: AccountName
  package let use: Use

  package init(_ account: AccountName, _ use: Use) {
    self.account = account
    self.use = use
  }
}

/// An outlet that a start leaves out, since its folder can't be trusted or used; the rest is served.
package struct LeftOutOutlet: Hashable, Sendable {
  /// `nil`: the HTTP socket.
  package let profile: String?
  package let path: String
  /// A sentence that names the folder and the remedy.
  package let reason: String

  package init(profile: String?, path: String, reason: String) {
    self.profile = profile
    self.path = path
    self.reason = reason
  }
}

extension Configuration {
  /// The same configuration with the names in it that exist by now; the others stay unresolved.
  package func resolved(by ids: [AccountName: UInt32]) -> Configuration {
    var resolved = self
    resolved.unresolved = []
    var places: [String: Int] = [:]
    for (index, profile) in profiles.enumerated() { places[profile.name] = index }
    for name in unresolved {
      guard let id = ids[name.account] else {
        resolved.unresolved.append(name)
        continue
      }
      resolved.apply(name, id, places)
    }
    return resolved
  }

  private mutating func apply(_ name: UnresolvedName, _ id: UInt32, _ places: [String: Int]) {
    switch name.use {
    case .apiGroup:
      api.group = Group(name: name.account.text, id: id)
    case .socketGroup(let profile):
      guard let index = places[profile] else { return }
      profiles[index].socket.group = Group(name: name.account.text, id: id)
    case .fileGroup(let profile, let path):
      guard let index = places[profile],
        let file = profiles[index].files.firstIndex(where: { $0.path == path })
      else { return }
      profiles[index].files[file].group = Group(name: name.account.text, id: id)
    case .access(let profile):
      guard let index = places[profile] else { return }
      switch name.account {
      case .user: profiles[index].socket.access.users.insert(id)
      case .group: profiles[index].socket.access.groups.insert(id)
      }
    }
  }
}

extension AccountName {
  package var text: String {
    switch self {
    case .user(let name), .group(let name): name
    }
  }
}
