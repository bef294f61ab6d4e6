/// When to ask for a new token, and how long to wait after a failure: `[profiles.NAME.refresh]`.
package struct RefreshPolicy: Equatable, Sendable {
  /// Fraction of the lifetime after which a token is replaced (0.1 to 0.9).
  package var at: Double = 0.5
  /// The refresh is moved by up to this fraction of the lifetime, either way.
  package var jitter: Double = 0.1
  /// How long a token is good for that doesn't say.
  package var assumedLifetime: Duration = .seconds(3600)
  /// The first wait after a transient failure, and the least after any.
  package var retryMin: Duration = .seconds(1)
  /// The longest wait after a transient failure.
  package var retryMax: Duration = .seconds(300)
  /// The wait after AssetIT refused the credentials or the request itself.
  package var rejectedRetry: Duration = .seconds(900)

  package init() {}
}

extension RefreshPolicy {
  /// No refresh is planned sooner than this after the request before it, whatever a lifetime says.
  var leastInterval: Duration { min(retryMin, .seconds(1)) }

  /// When to replace a token of this lifetime, counted from the moment its request was sent.
  ///
  /// Uniform in `at ± jitter` of the lifetime, cut where less than 60 s (a fifth of a lifetime under five
  /// minutes) would remain. The interval is cut before the choice is made, so that no crowd of hosts gathers
  /// at its end.
  ///
  /// - Parameter isIssueKnown: whether the token says when it was issued. One that doesn't is replaced within a
  ///   day, since its lifetime rests on clocks that may be wrong.
  func refreshDelay(
    lifetime: Duration, isIssueKnown: Bool, random: inout some RandomNumberGenerator
  ) -> Duration {
    let margin = lifetime < .seconds(300) ? lifetime / 5 : .seconds(60)
    let latest = (lifetime - margin).inSeconds
    let believed = isIssueKnown ? lifetime.inSeconds : min(lifetime.inSeconds, 86_400 / (at + jitter))
    let spread = jitter * believed
    let planned = at * believed
    let upper = max(0, min(planned + spread, latest))
    let lower = planned - spread < upper ? max(0, planned - spread) : max(0, upper - 2 * spread)
    let chosen = lower < upper ? Double.random(in: lower...upper, using: &random) : upper
    return max(.seconds(chosen), leastInterval)
  }
}
