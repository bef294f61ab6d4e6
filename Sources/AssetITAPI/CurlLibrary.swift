internal import CCurl
internal import Glibc

/// libcurl as a whole.
enum CurlLibrary {
  /// Set up once, before the first handle is made (curl_global_init(3)).
  ///
  /// `SSLKEYLOGFILE` (which libcurl heeds, whatever it was set for) would let a file's readers decrypt recorded
  /// exchanges, secret and token included.
  static let isUsable: Bool = {
    unsetenv("SSLKEYLOGFILE")
    return curl_global_init(ccurl_global_default) == CURLE_OK
  }()

  /// Whether it was built with HTTP/2.
  static let hasHTTP2 = ccurl_has_http2() != 0
}
