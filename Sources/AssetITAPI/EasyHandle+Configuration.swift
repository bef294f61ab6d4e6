internal import CCurl
internal import TokenCore

extension EasyHandle {
  /// Sets everything but the body and the receivers.
  ///
  /// - Parameters:
  ///   - headers: go along with those that every request has, and replace those of their name.
  ///   - usesHTTP2: whether HTTP/2 is offered; over TLS only, where the service may choose.
  /// - Throws: `.unusableSetting`.
  func configure(
    for endpoint: Endpoint, _ settings: ExchangeSettings, headers: [RequestHeader], usesHTTP2: Bool
  ) throws(ExchangeFailure) {
    try set(CURLOPT_URL, endpoint.url)
    try set(CURLOPT_PROTOCOLS_STR, endpoint.isPlain ? "http" : "https")
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_HTTP_VERSION, usesHTTP2 && CurlLibrary.hasHTTP2 ? ccurl_http_2_tls : ccurl_http_1_1)
    // Whatever is compressed is read, asked for or not; the limit counts decoded bytes.
    try set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
    // A redirect would carry the secret elsewhere.
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_NETRC, ccurl_netrc_ignored)
    try set(CURLOPT_USERAGENT, Release.userAgent)
    let named = Set(headers.map { $0.name.lowercased() })
    let usual = ["Content-Type": settings.body.contentType, "Accept": "application/json, text/plain"]
    let lines = usual.filter { !named.contains($0.key.lowercased()) }.map { "\($0.key): \($0.value)" }
    try set(headers: lines + ["Expect:"], headers)
    try setLimits(settings)
    try setTLS(settings)
    try setProxy(endpoint, settings)
  }

  private func setLimits(_ settings: ExchangeSettings) throws(ExchangeFailure) {
    try set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout)
    try set(CURLOPT_TIMEOUT_MS, settings.timeout)
    try set(CURLOPT_NOSIGNAL, 1)
    // A resolver that never answers would otherwise hold up the whole loop.
    try set(CURLOPT_QUICK_EXIT, 1)
    // An exchange an hour keeps nothing between them: no connection, no session, no authorities.
    try set(CURLOPT_FRESH_CONNECT, 1)
    try set(CURLOPT_FORBID_REUSE, 1)
    try set(CURLOPT_SSL_SESSIONID_CACHE, 0)
    // Not every TLS backend has such a cache.
    try? set(CURLOPT_CA_CACHE_TIMEOUT, 0)
  }

  private func setTLS(_ settings: ExchangeSettings) throws(ExchangeFailure) {
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    try set(CURLOPT_SSLVERSION, ccurl_tls_1_2)
    try set(CURLOPT_PROXY_SSLVERSION, ccurl_tls_1_2)
    if let certificate = settings.clientCertificate {
      try set(CURLOPT_SSLCERT, certificate)
      try set(CURLOPT_SSLKEY, settings.clientKey ?? certificate)
      // Without this OpenSSL would ask the terminal for an encrypted key's passphrase, and wait.
      try set(CURLOPT_KEYPASSWD, "")
    }
    guard let caFile = settings.caFile else { return }
    try set(CURLOPT_CAINFO, caFile)
    try set(CURLOPT_CAPATH, nil as String?)
  }

  private func setProxy(_ endpoint: Endpoint, _ settings: ExchangeSettings) throws(ExchangeFailure) {
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if endpoint.isPlain || settings.proxy == .none {
      // Without TLS a proxy would carry the secret away in clear.
      try set(CURLOPT_NOPROXY, "*")
      return
    }
    guard case .url(let proxy) = settings.proxy else { return }
    guard let text = proxy.text, Self.isUsable(proxy: text)
    else { throw .unusableSetting(reason: "proxy is no usable URL: write it as http://HOST:PORT") }
    try set(CURLOPT_PROXY, text)
    // What the configuration names holds whatever NO_PROXY says.
    try set(CURLOPT_NOPROXY, "")
  }

  /// Whether libcurl can use it: its own message about that would hold the password.
  private static func isUsable(proxy: String) -> Bool {
    guard !proxy.isEmpty, !proxy.utf8.contains(0), let handle = curl_url() else { return false }
    defer { curl_url_cleanup(handle) }
    var scheme: UnsafeMutablePointer<CChar>?
    guard curl_url_set(handle, CURLUPART_URL, proxy, ccurl_url_guess_scheme) == CURLUE_OK,
      curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK, let scheme
    else { return false }
    defer { curl_free(scheme) }
    return ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(String(cString: scheme))
  }
}

extension RequestFormat {
  fileprivate var contentType: String {
    switch self {
    case .json: "application/json"
    case .form: "application/x-www-form-urlencoded"
    }
  }
}
