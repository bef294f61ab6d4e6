import LinuxSystem
import TokenConfig
import TokenCore

/// The present, as messages need it: both clocks, read once, so that a text is consistent in itself.
struct Moment: Sendable {
  let now: BootTime
  /// Seconds since 1970 on this host's clock.
  let timeOfDay: Double

  static func current() -> Moment {
    Moment(now: .now(), timeOfDay: LinuxSystem.timeOfDay())
  }

  /// RFC 3339.
  func timestamp(_ moment: BootTime) -> String {
    Timestamp.text(moment, now: now, timeOfDay: timeOfDay)
  }

  /// `in 5min 3s`, in whole seconds; `now` where it has come.
  func until(_ moment: BootTime) -> String {
    let wait = moment - now
    guard wait > .zero else { return "now" }
    return "in \(Self.rounded(wait))"
  }

  /// Three figures are enough for a reader.
  static func rounded(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    if seconds < 10 { return DurationText.format(.milliseconds(Int64((seconds * 10).rounded()) * 100)) }
    let unit: Double = seconds < 3600 ? 1 : 60
    return DurationText.format(.seconds(Int64((seconds / unit).rounded() * unit)))
  }
}
