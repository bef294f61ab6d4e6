import TokenCore

/// Lets one report through in a while and counts the rest, so that readers can't flood the log.
struct ReportLimit: Equatable, Sendable {
  let interval: Duration
  private var nextAt: BootTime?
  private var leftOut = 0

  init(interval: Duration) {
    self.interval = interval
  }

  /// How many reports were left out since the last one; `nil` where this one is to be left out too.
  mutating func admit(_ now: BootTime) -> Int? {
    if let nextAt, now < nextAt {
      leftOut += 1
      return nil
    }
    defer { leftOut = 0 }
    nextAt = now + interval
    return leftOut
  }
}

/// One ``ReportLimit`` a profile.
struct ReportLimits: Equatable, Sendable {
  let interval: Duration
  private var limits: [String: ReportLimit] = [:]

  init(interval: Duration) {
    self.interval = interval
  }

  mutating func admit(_ profile: String, _ now: BootTime) -> Int? {
    limits[profile, default: ReportLimit(interval: interval)].admit(now)
  }
}
