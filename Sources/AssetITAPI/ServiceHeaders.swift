internal import CCurl

/// What is read of an answer's header fields.
struct ServiceHeaders {
  /// The most that `Retry-After` is followed, seconds.
  static let longestRetryAfter: Int64 = 3600

  /// Every field, as it came.
  private(set) var fields: [(name: String, value: String)] = []
  /// `Date` (RFC 9110 section 6.6.1), seconds since 1970.
  private(set) var date: Int64?
  /// `Age` (RFC 9111 section 5.1) is over 0: a cache answered, and `Date` is old.
  private(set) var hasAge = false
  private var retryAfterText: String?

  /// Takes one line of the header; the first line with a name counts, and anything unreadable is left out.
  mutating func add(line: String) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...].trimmingHTTPSpace)
    fields.append((String(line[..<colon]), value))
    switch line[..<colon].lowercased() {
    case "date": date = date ?? Self.seconds(of: value)
    case "age": hasAge = hasAge || (value.isDigits && value.contains { $0 != "0" })
    case "retry-after": retryAfterText = retryAfterText ?? value
    default: break
    }
  }

  /// `Retry-After` (RFC 9110 section 10.2.3), 0 s to 1 h; a date counts from the service's own `Date` where
  /// there is one, else from `localNow` (seconds since 1970).
  func retryAfter(localNow: Double) -> Duration? {
    guard let text = retryAfterText else { return nil }
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    if digits.isDigits {
      if text.hasPrefix("-") { return .zero }
      return .seconds(min(Int64(text) ?? .max, Self.longestRetryAfter))
    }
    guard let date = Self.seconds(of: text) else { return nil }
    let wait = Double(date) - (self.date.map(Double.init) ?? localNow)
    // Also where the local time is no number.
    guard wait > 0 else { return .zero }
    return .seconds(min(wait, Double(Self.longestRetryAfter)))
  }

  /// An HTTP date in any of its three forms (RFC 9110 section 5.6.7); each begins with a weekday and holds a
  /// time of day, which curl_getdate(3) by itself doesn't ask for.
  private static func seconds(of text: String) -> Int64? {
    guard let first = text.first, first.isASCII, first.isLetter, text.contains(":"), text.utf8.count < 64
    else { return nil }
    let seconds = Int64(curl_getdate(text, nil))
    return seconds < 0 ? nil : seconds
  }
}

extension StringProtocol {
  /// One or more of 0 to 9.
  fileprivate var isDigits: Bool {
    !isEmpty && utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}

extension Substring {
  fileprivate var trimmingHTTPSpace: Substring {
    func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
    let tail = drop(while: isSpace)
    guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
    return tail[...last]
  }
}
