/// The present: both clocks, read once, so that what is decided and said from it is consistent in itself.
package struct ClockReading: Equatable, Sendable {
  package var now: BootTime
  /// Seconds since 1970 on this host's clock.
  package var timeOfDay: Double

  package init(now: BootTime, timeOfDay: Double) {
    self.now = now
    self.timeOfDay = timeOfDay
  }

  /// RFC 3339.
  package func timestamp(_ moment: BootTime) -> String {
    Timestamp.text(moment, now: now, timeOfDay: timeOfDay)
  }

  /// `in 5min 3s`, in whole seconds; `now` where it has come.
  package func until(_ moment: BootTime) -> String {
    let wait = moment - now
    guard wait > .zero else { return "now" }
    return "in \(Self.rounded(wait))"
  }

  /// Three figures are enough for a reader.
  package static func rounded(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    if seconds < 10 { return DurationText.format(.milliseconds(Int64((seconds * 10).rounded()) * 100)) }
    let unit: Double = seconds < 3600 ? 1 : 60
    return DurationText.format(.seconds(Int64((seconds / unit).rounded() * unit)))
  }
}
