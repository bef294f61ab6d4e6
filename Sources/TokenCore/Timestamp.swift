internal import FoundationEssentials

/// Moments as people and programs read them: RFC 3339, UTC, whole seconds.
package enum Timestamp {
  package static func text(_ secondsSince1970: Double) -> String {
    Date(timeIntervalSince1970: secondsSince1970.rounded(.down)).formatted(.iso8601)
  }

  /// Where this host's clock will stand at `moment`, if nobody sets it.
  package static func text(_ moment: BootTime, now: BootTime, timeOfDay: Double) -> String {
    text(timeOfDay + (moment - now).inSeconds)
  }
}
