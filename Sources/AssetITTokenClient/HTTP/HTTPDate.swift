internal import CCurl
internal import FoundationEssentials

/// Dates in HTTP's header fields (RFC 9110 section 5.6.7).
enum HTTPDate {
  static func date(_ text: String) -> Date? {
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Date(timeIntervalSince1970: Double(seconds))
  }
}
