internal import CCurl
package import TokenCore

/// Asks the Authentication endpoint for nothing (HEAD, without credentials), to learn whether and how it is reached.
package enum ServiceProbe {
  package struct Answer: Equatable, Sendable {
    package let status: Int
    /// The service's `Date`, seconds since 1970; `nil` where it sends none, or a cache answered.
    package let date: Int64?
    /// From before the request to after the answer.
    package let roundTrip: Duration
  }

  /// Blocks until there is an answer, for the settings' `timeout` at most.
  ///
  /// - Throws: where no answer came; an answer of any status is one.
  package static func run(_ settings: ExchangeSettings) throws(ExchangeFailure) -> Answer {
    let endpoint = try Endpoint(settings)
    // Never sent. A secret that is empty, or may be part of a message, would keep libcurl's reasons back.
    let nothing = Credentials(clientID: Secret(""), clientSecret: Secret("\u{0}"))
    let easy = try EasyHandle(sending: RequestBody(RequestFields(nothing, settings)))
    try easy.configure(for: endpoint, settings, headers: [], usesHTTP2: true)
    try easy.set(CURLOPT_NOBODY, 1)
    let head = Head()
    // `head` outlives the call, and libcurl calls only within it.
    try easy.set(CURLOPT_HEADERDATA, to: Unmanaged.passUnretained(head).toOpaque())
    try easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let context else { return 0 }
      let head = Unmanaged<Head>.fromOpaque(context).takeUnretainedValue()
      let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
      return head.answer.add(headerLine: line) ? size * count : size * count &+ 1
    }
    let start = ContinuousClock.now
    let code = curl_easy_perform(easy.raw)
    let roundTrip = ContinuousClock.now - start
    return try withExtendedLifetime(head) { () throws(ExchangeFailure) in
      let status = easy.number(CURLINFO_RESPONSE_CODE)
      guard code == CURLE_OK, status > 0 else { throw failure(code, easy, endpoint, settings, nothing) }
      let headers = head.answer.headers
      return Answer(status: status, date: headers.hasAge ? nil : headers.date, roundTrip: roundTrip)
    }
  }

  private static func failure(
    _ code: CURLcode, _ easy: EasyHandle, _ endpoint: Endpoint, _ settings: ExchangeSettings,
    _ credentials: Credentials
  ) -> ExchangeFailure {
    let isConnected = easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
    let request = AuthenticationRequest(
      settings: settings, credentials: credentials, assumedLifetime: .zero)
    let outcome = TransferOutcome(
      code: code,
      proxyStatus: easy.number(CURLINFO_HTTP_CONNECTCODE),
      verifyResults: [easy.number(CURLINFO_SSL_VERIFYRESULT), easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)],
      isConnected: isConnected,
      host: endpoint.host,
      limit: isConnected ? settings.timeout : min(settings.connectTimeout, settings.timeout),
      settings: settings,
      reason: FailureReason(easy.reason, code, request).text)
    return outcome.failure(retryAfter: nil)
      ?? .network(host: endpoint.host, reason: "it answered without a status")
  }

  private final class Head {
    var answer = IncomingAnswer(limit: TokenReader.limit)
  }
}
