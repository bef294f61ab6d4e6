import AssetITTokenClient
import FoundationEssentials

/// Tells what has changed since it was shown last from what only grew older.
struct StatusNews {
  private enum Shown: Equatable {
    case nothing
    case profiles([ProfileStatus])
    case failure(TokenClientError)
  }

  private var shown = Shown.nothing

  mutating func isNews(_ profiles: [ProfileStatus]) -> Bool {
    defer { shown = .profiles(profiles) }
    guard case .profiles(let old) = shown else { return true }
    return old.count != profiles.count || zip(old, profiles).contains { !Self.looksAlike($0, $1) }
  }

  mutating func isNews(_ error: TokenClientError) -> Bool {
    defer { shown = .failure(error) }
    return shown != .failure(error)
  }

  /// The same moment, told twice, may differ by a second.
  private static func looksAlike(_ old: ProfileStatus, _ new: ProfileStatus) -> Bool {
    old.profile == new.profile && old.state == new.state && old.isRefreshing == new.isRefreshing
      && old.failures == new.failures && isSame(old.issuedAt, new.issuedAt)
      && isSame(old.nextRefreshAt, new.nextRefreshAt)
  }

  private static func isSame(_ left: Date?, _ right: Date?) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): abs(left.timeIntervalSince(right)) <= 1
    default: false
    }
  }
}
