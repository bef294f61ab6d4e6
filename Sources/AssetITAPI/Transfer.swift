internal import CCurl
internal import TokenCore

/// One request with its answer, on the loop's thread.
final class Transfer {
  private let easy: EasyHandle
  private let request: AuthenticationRequest
  private let endpoint: Endpoint
  private let reader: TokenReader
  private var answer = IncomingAnswer(limit: TokenReader.limit)

  /// - Throws: what makes the request impossible, found before anything is sent.
  init(_ request: AuthenticationRequest) throws(ExchangeFailure) {
    self.request = request
    endpoint = try Endpoint(request.settings)
    reader = try TokenReader(request.settings)
    easy = try EasyHandle(sending: RequestBody(request.credentials, request.settings))
    try easy.configure(for: endpoint, request.settings)
    // The handle doesn't outlive this object, and libcurl calls only while the handle is driven.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try easy.set(CURLOPT_WRITEDATA, to: context)
    try easy.set(CURLOPT_HEADERDATA, to: context)
    try easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.receive(bytes, size * count, context) { $0.add(body: $1) }
    }
    try easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.receive(bytes, size * count, context) { $0.add(headerLine: $1) }
    }
  }

  var handle: UnsafeMutableRawPointer { easy.raw }

  /// What the transfer that ended with this code brought.
  ///
  /// - Parameter localNow: this host's time of day, seconds since 1970.
  func result(_ code: CURLcode, localNow: Double) -> Result<TokenGrant, ExchangeFailure> {
    do throws(ExchangeFailure) {
      if let failure = outcome(code).failure(retryAfter: answer.headers.retryAfter(localNow: localNow)) {
        throw failure
      }
      return .success(try grant(localNow))
    } catch {
      return .failure(error)
    }
  }

  /// Why it could not be driven on.
  func failure(_ code: CURLMcode) -> ExchangeFailure {
    .network(host: endpoint.host, reason: String(cString: curl_multi_strerror(code)))
  }

  private func grant(_ localNow: Double) throws(ExchangeFailure) -> TokenGrant {
    do throws(UnusableAnswer) {
      let headers = answer.headers
      let (token, claims) = try reader.read(answer.body, contentType: headers.contentType)
      let lifetime = TokenLifetime(
        claims: claims, serviceDate: headers.date, hasAge: headers.hasAge, localNow: localNow,
        assumed: request.assumedLifetime)
      let verdict = try lifetime.judge()
      return TokenGrant(
        token: token, lifetime: verdict.lifetime, validAfter: verdict.validAfter, issuedAt: claims.issuedAt,
        expiresAt: claims.expiresAt, remarks: claims.remarks + verdict.remarks)
    } catch {
      throw .unusableAnswer(error)
    }
  }

  private func outcome(_ code: CURLcode) -> TransferOutcome {
    let settings = request.settings
    let isConnected = easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
    return TransferOutcome(
      code: code,
      status: easy.number(CURLINFO_RESPONSE_CODE),
      proxyStatus: easy.number(CURLINFO_HTTP_CONNECTCODE),
      verifyResults: [easy.number(CURLINFO_SSL_VERIFYRESULT), easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)],
      isConnected: isConnected,
      isOversized: answer.isOversized,
      host: endpoint.host,
      limit: isConnected ? settings.timeout : min(settings.connectTimeout, settings.timeout),
      caFile: settings.caFile,
      reason: FailureReason(easy.reason, code, request).text)
  }

  /// Returns another number than `length` to make libcurl stop.
  private static func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ length: Int, _ context: UnsafeMutableRawPointer?,
    _ add: (inout IncomingAnswer, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let isTaken = add(&transfer.answer, UnsafeRawBufferPointer(start: bytes, count: length))
    return isTaken ? length : length &+ 1
  }
}
