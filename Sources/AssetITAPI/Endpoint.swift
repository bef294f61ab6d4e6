internal import CCurl
internal import TokenCore

/// Where a request goes.
struct Endpoint: Equatable {
  let url: String
  /// The host's name or address as the URL has it.
  let host: String
  /// Without TLS, which the configuration allows to loopback only.
  let isPlain: Bool

  /// Joins `base_url` and `authenticate_path` with one slash.
  ///
  /// - Throws: `.unusableSetting` where that is no `https` or `http` URL, or the base holds more than a
  ///   host, a port and a path.
  init(_ settings: ExchangeSettings) throws(ExchangeFailure) {
    let base = settings.baseURL.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed()
    let path = settings.authenticatePath.utf8.drop { $0 == UInt8(ascii: "/") }
    url = String(decoding: Array(base) + [UInt8(ascii: "/")] + path, as: UTF8.self)
    guard !base.contains(UInt8(ascii: "?")), !base.contains(UInt8(ascii: "#")) else {
      throw .unusableSetting(reason: "base_url holds a query or a fragment: leave them out")
    }
    // libcurl is content with one slash, and would take the path's first part for the host then.
    let start = url.prefix(8).lowercased()
    guard start.hasPrefix("https://") || start.hasPrefix("http://") else {
      throw Self.unusable("Unsupported URL scheme")
    }
    // libcurl reads a string up to its first NUL.
    guard !url.utf8.contains(0), let handle = curl_url() else { throw Self.unusable("Malformed input") }
    defer { curl_url_cleanup(handle) }
    let code = curl_url_set(handle, CURLUPART_URL, url, ccurl_url_refuse_user)
    guard code == CURLUE_OK else { throw Self.unusable(String(cString: curl_url_strerror(code))) }
    guard let host = Self.part(CURLUPART_HOST, of: handle), !host.isEmpty else {
      throw Self.unusable("No host part in the URL")
    }
    self.host = host
    isPlain = Self.part(CURLUPART_SCHEME, of: handle) != "https"
  }

  private static func unusable(_ reason: String) -> ExchangeFailure {
    .unusableSetting(
      reason: "base_url and authenticate_path make no usable URL (\(reason)): base_url must be https://HOST")
  }

  private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
