import LinuxSystem
import TokenCore
import TokenService

/// Both clocks, read once, so that an answer is consistent in itself.
struct Clocks {
  let now: BootTime
  /// Seconds since 1970 on this host's clock.
  let timeOfDay: Double

  static func current() -> Clocks {
    Clocks(now: .now(), timeOfDay: LinuxSystem.timeOfDay())
  }

  /// Seconds since 1970 at `moment`, if nobody sets the clock.
  func wall(_ moment: BootTime) -> Double { timeOfDay + (moment - now).inSeconds }

  /// RFC 3339.
  func timestamp(_ moment: BootTime) -> String { Timestamp.text(wall(moment)) }

  /// Whole seconds until `moment`, rounded up, at least 1: for `Retry-After`.
  func seconds(until moment: BootTime?) -> Int {
    guard let moment else { return 1 }
    return Int(clamping: max(1, Int64((moment - now).inSeconds.rounded(.up))))
  }
}
