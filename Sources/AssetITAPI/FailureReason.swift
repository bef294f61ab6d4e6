internal import CCurl
internal import TokenCore

/// What libcurl says about a failure, fit for a log: libcurl's own words for the code instead wherever its
/// text could hold a secret.
struct FailureReason {
  let text: String

  /// - Parameter message: from CURLOPT_ERRORBUFFER(3); empty where there is none. It quotes URLs of proxies
  ///   with their passwords, and parts of answers.
  init(_ message: String, _ code: CURLcode, _ request: AuthenticationRequest) {
    let printable = String(
      String.UnicodeScalarView(message.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let isUsable = !printable.isEmpty && !Self.mayQuoteProxy(printable) && !Self.holds(printable, request)
    text = isUsable ? printable : String(cString: curl_easy_strerror(code))
  }

  private static func mayQuoteProxy(_ message: String) -> Bool {
    message.utf8.contains(UInt8(ascii: "@")) || message.contains("://")
      || message.lowercased().contains("proxy s")
  }

  private static func holds(_ message: String, _ request: AuthenticationRequest) -> Bool {
    request.credentials.clientSecret.isEmpty || Hidden(request.credentials).isHeld(in: message)
  }
}
