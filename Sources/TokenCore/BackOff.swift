/// Waits that double from `retry_min` to `retry_max`: 1, 2, 4 … 300 s as delivered.
///
/// The random part is taken after the cap, so that hosts which lost the same service don't come back at the
/// same instant: each wait is uniform between half of the step and all of it, and never under `retry_min`.
package struct BackOff: Equatable, Sendable {
  /// Waits taken so far, 0 to 40; at 40 doublings every wait has long been `retry_max`.
  package private(set) var steps: Int

  /// `steps` outside of 0 to 40 are moved to the nearer end.
  package init(steps: Int = 0) {
    self.steps = min(max(steps, 0), Self.mostSteps)
  }

  private static let mostSteps = 40

  /// The next wait; each call takes one step up.
  package mutating func next(_ policy: RefreshPolicy, random: inout some RandomNumberGenerator) -> Duration {
    let ceiling = min(policy.retryMin.inSeconds * Double(1 << steps), policy.retryMax.inSeconds)
    steps = min(steps + 1, Self.mostSteps)
    let wait = Double.random(in: ceiling / 2...ceiling, using: &random)
    return max(.seconds(wait), policy.retryMin)
  }

  package mutating func reset() {
    steps = 0
  }
}
