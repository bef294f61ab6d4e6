import TokenCore

/// What a new configuration changes: decided before anything is touched.
struct ReloadPlan: Equatable {
  /// A profile that stays, and what is new about it.
  struct Change: Equatable {
    let new: ProfileConfiguration
    /// Where it authenticates: its token is another one.
    let endpoint: Bool
    /// With what it authenticates: its token may be another one.
    let credentials: Bool
    /// Anything about the exchange.
    let exchange: Bool
    let policy: Bool
    /// The prefix, so the header is another one though the token isn't.
    let header: Bool
    let files: Bool
    let socket: Bool

    var isNone: Bool { !(endpoint || credentials || exchange || policy || header || files || socket) }

    init(from old: ProfileConfiguration, to new: ProfileConfiguration) {
      self.new = new
      let (before, after) = (old.exchange, new.exchange)
      endpoint = before.endpoint != after.endpoint
      credentials = old.clientID != new.clientID || old.clientSecret != new.clientSecret
      exchange = before != after
      policy = old.refresh != new.refresh
      header = before.headerPrefix != after.headerPrefix
      files = old.files != new.files
      socket = old.socket != new.socket
    }
  }

  let added: [ProfileConfiguration]
  let removed: [String]
  let changed: [Change]
  let unchanged: Int

  init(from old: Configuration, to new: Configuration) {
    let before = Dictionary(uniqueKeysWithValues: old.profiles.map { ($0.name, $0) })
    let after = Set(new.profiles.map(\.name))
    added = new.profiles.filter { before[$0.name] == nil }
    removed = old.profiles.map(\.name).filter { !after.contains($0) }
    let changes = new.profiles.compactMap { profile in
      before[profile.name].map { Change(from: $0, to: profile) }
    }
    changed = changes.filter { !$0.isNone }
    unchanged = changes.count - changed.count
  }
}
