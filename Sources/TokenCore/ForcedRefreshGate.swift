/// Spaces the refreshes that somebody asks for (`min_valid`, `rejected`, `refresh`, SIGUSR1), so that local
/// callers can't cause a storm: one doubling back-off for all of them, from `retry_min` to `retry_max`,
/// forgotten once a token has lived for `retry_max` without a report that AssetIT refused it.
struct ForcedRefreshGate: Equatable, Sendable {
  private var backOff = BackOff()
  private var opensAt: BootTime?
  private var passedAt: BootTime?

  /// The earliest moment for the next forced refresh; `now` where nothing stands against it.
  mutating func earliest(
    _ policy: RefreshPolicy, token: HeldToken?, isReported: Bool, now: BootTime
  ) -> BootTime {
    // A token that was there all the while says nothing about requests that failed meanwhile.
    if let token, !isReported, now - max(token.requestedAt, passedAt ?? token.requestedAt) >= policy.retryMax
    {
      backOff.reset()
      opensAt = nil
    }
    return max(opensAt ?? now, now)
  }

  /// A forced refresh starts now.
  mutating func pass(_ policy: RefreshPolicy, now: BootTime, random: inout some RandomNumberGenerator) {
    passedAt = now
    opensAt = now + backOff.next(policy, random: &random)
  }
}
