package import TokenCore

/// What a new configuration changes: decided before anything is touched.
package struct ReloadPlan: Equatable, Sendable {
  /// A profile that stays, and what is new about it.
  package struct Change: Equatable, Sendable {
    package let new: ProfileConfiguration
    /// Where it authenticates: earlier requests say nothing about the next one.
    package let endpoint: Bool
    /// With what it authenticates: its token may be another one.
    package let credentials: Bool
    /// Anything about the exchange.
    package let exchange: Bool
    package let policy: Bool
    /// The prefix, so the header is another one though the token isn't.
    package let header: Bool
    package let files: Bool
    package let socket: Bool

    package init(from old: ProfileConfiguration, to new: ProfileConfiguration) {
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

  package let added: [ProfileConfiguration]
  package let removed: [String]
  package let changed: [Change]
  package let unchanged: Int

  package init(from old: Configuration, to new: Configuration) {
    let before = Dictionary(uniqueKeysWithValues: old.profiles.map { ($0.name, $0) })
    let after = Set(new.profiles.map(\.name))
    added = new.profiles.filter { before[$0.name] == nil }
    removed = old.profiles.map(\.name).filter { !after.contains($0) }
    let stayed = new.profiles.compactMap { profile in before[profile.name].map { ($0, profile) } }
    changed = stayed.filter { $0.0 != $0.1 }.map { Change(from: $0.0, to: $0.1) }
    unchanged = stayed.count - changed.count
  }

  var summary: ReloadSummary {
    ReloadSummary(
      added: added.map(\.name), removed: removed, changed: changed.map(\.new.name), unchanged: unchanged)
  }
}
