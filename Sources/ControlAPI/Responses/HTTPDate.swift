internal import Glibc

/// The form of dates in HTTP headers: IMF-fixdate (RFC 9110 section 5.6.7).
enum HTTPDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `timeOfDay`: seconds since 1970; a fraction is cut off. A time that no clock can have becomes the beginning of
  /// 1970.
  static func text(_ timeOfDay: Double) -> String {
    var seconds = time_t(exactly: timeOfDay.rounded(.down)) ?? 0
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let date = "\(twoDigits(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
    return "\(days[Int(parts.tm_wday)]), \(date) \(time) GMT"
  }

  private static func twoDigits(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
