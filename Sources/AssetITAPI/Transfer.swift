internal import CCurl
internal import TokenCore

/// One request with its answer, on the thread that drives it.
final class Transfer {
  let easy: EasyHandle
  let request: AuthenticationRequest
  let endpoint: Endpoint
  let fields: RequestFields
  let reader: TokenReader
  let usesHTTP2: Bool
  private(set) var answer = IncomingAnswer(limit: TokenReader.limit)

  /// - Throws: what makes the request impossible, found before anything is sent.
  init(_ request: AuthenticationRequest, usesHTTP2: Bool = true) throws(ExchangeFailure) {
    self.request = request
    self.usesHTTP2 = usesHTTP2
    endpoint = try Endpoint(request.settings)
    reader = try TokenReader(request.settings)
    fields = try RequestFields(request.credentials, request.settings)
    easy = try EasyHandle(sending: RequestBody(fields))
    try easy.configure(
      for: endpoint, request.settings, headers: request.settings.headers, usesHTTP2: usesHTTP2)
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
      return try AnswerReading(body: answer.body, headers: answer.headers, localNow: localNow)
        .grant(reader, assumedLifetime: request.assumedLifetime)
    } catch {
      throw .unusableAnswer(error)
    }
  }

  func outcome(_ code: CURLcode) -> TransferOutcome {
    let settings = request.settings
    let isConnected = easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
    let status = easy.number(CURLINFO_RESPONSE_CODE)
    return TransferOutcome(
      code: code,
      status: status,
      proxyStatus: easy.number(CURLINFO_HTTP_CONNECTCODE),
      verifyResults: [easy.number(CURLINFO_SSL_VERIFYRESULT), easy.number(CURLINFO_PROXY_SSL_VERIFYRESULT)],
      isConnected: isConnected,
      isOversized: answer.isOversized,
      isPage: AnswerText.isHTML(answer.body),
      detail: status >= 300 ? detail(status) : StatusDetail(),
      host: endpoint.host,
      limit: isConnected ? settings.timeout : min(settings.connectTimeout, settings.timeout),
      settings: settings,
      reason: FailureReason(easy.reason, code, request).text)
  }

  private func detail(_ status: Int) -> StatusDetail {
    let credentials = request.credentials
    return StatusDetail(
      message: ServiceMessage.find(in: answer.body, Hidden(credentials)),
      suspicion: [400, 401, 403].contains(status) ? credentials.oddities.first : nil)
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
