/// Waits that double from `retry_min` to `retry_max`: 1, 2, 4 … 300 s as delivered.
///
/// The random part is taken after the cap, so that hosts which lost the same service don't come back at the
/// same instant: each wait is uniform between half of the step and all of it, and never under `retry_min`.
package struct BackOff: Equatable, Sendable {
  package private(set) var steps = 0

  package init() {}

  /// The next wait; each call takes one step up.
  package mutating func next(_ policy: RefreshPolicy, random: inout some RandomNumberGenerator) -> Duration {
    let doublings = min(steps, 40)
    steps += 1
    let ceiling = min(policy.retryMin.inSeconds * Double(1 << doublings), policy.retryMax.inSeconds)
    let wait = Double.random(in: ceiling / 2...ceiling, using: &random)
    return max(.seconds(wait), policy.retryMin)
  }

  package mutating func reset() {
    steps = 0
  }
}
