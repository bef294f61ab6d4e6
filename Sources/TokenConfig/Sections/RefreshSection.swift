internal import TokenCore

/// `[profiles.NAME.refresh]`.
enum RefreshSection {
  static func read(_ table: TableReader) -> RefreshPolicy {
    var policy = RefreshPolicy()
    policy.at = table.number("at", in: SettingRanges.at) ?? policy.at
    policy.jitter = table.number("jitter", in: SettingRanges.jitter) ?? policy.jitter
    policy.assumedLifetime =
      table.duration("assumed_lifetime", in: SettingRanges.assumedLifetime) ?? policy.assumedLifetime
    policy.retryMin = table.duration("retry_min", in: SettingRanges.retryMin) ?? policy.retryMin
    let least = (name: "retry_min", value: policy.retryMin)
    policy.retryMax =
      table.duration("retry_max", in: SettingRanges.retryMax, default: policy.retryMax, atLeast: least)
    policy.rejectedRetry =
      table.duration(
        "rejected_retry", in: SettingRanges.rejectedRetry, default: policy.rejectedRetry, atLeast: least)
    table.finish()
    return policy
  }
}

extension TableReader {
  /// A duration that another one bounds from below, be it given or the default.
  func duration(
    _ key: String, in range: ClosedRange<Duration>, default: Duration,
    atLeast least: (name: String, value: Duration)
  ) -> Duration {
    let isGiven = has(key)
    let given = duration(key, in: range)
    if isGiven, given == nil { return `default` }
    let value = given ?? `default`
    if value < least.value {
      let bound = "must be at least \(least.name) (\(DurationText.format(least.value)))"
      report(key, "\(bound), not \(DurationText.format(value))\(isGiven ? "" : " as by default")")
    }
    return value
  }
}
