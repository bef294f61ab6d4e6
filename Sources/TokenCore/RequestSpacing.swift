/// Spaces the requests of one kind by a doubling back-off from `retry_min` to `retry_max`, so that what asks
/// for them can't cause a storm: the first one goes out at once. Its owner says when it forgets.
package struct RequestSpacing: Equatable, Sendable {
  package private(set) var backOff: BackOff
  /// The earliest moment for the next one; `nil`: any.
  package private(set) var opensAt: BootTime?
  /// The last moment that speaks against forgetting.
  package private(set) var lastAt: BootTime?

  package init(backOff: BackOff = BackOff(), opensAt: BootTime? = nil, lastAt: BootTime? = nil) {
    self.backOff = backOff
    self.opensAt = opensAt
    self.lastAt = lastAt
  }

  /// The earliest moment for the next request; `now` where nothing stands against it.
  func earliest(_ now: BootTime) -> BootTime {
    max(opensAt ?? now, now)
  }

  /// A request of this kind begins.
  mutating func pass(_ policy: RefreshPolicy, now: BootTime, random: inout some RandomNumberGenerator) {
    lastAt = now
    opensAt = now + backOff.next(policy, random: &random)
  }

  /// Somebody wants one, whether it may begin or not.
  mutating func note(_ now: BootTime) {
    lastAt = now
  }
}
