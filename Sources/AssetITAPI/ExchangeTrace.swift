internal import CCurl
package import TokenCore

/// One exchange, told in full for an operator: what was sent, how it went, what came back and what it means. It
/// holds no byte of a token or of the client secret, so it can be passed on.
package struct ExchangeTrace: Sendable {
  package struct Request: Equatable, Sendable {
    package let method: String
    package let url: String
    /// In the order in which they are sent; those that libcurl adds by itself (Host, Content-Length) left out.
    package let headerNames: [String]
    /// With `…` in the secret's place.
    package let body: String
  }

  /// How the service was reached. What libcurl doesn't tell is `nil`.
  package struct Connection: Equatable, Sendable {
    /// Of the service, or of the proxy before it.
    package let address: String?
    package let port: Int?
    /// `1.1` or `2`.
    package let httpVersion: String?
    /// As TLS names itself, such as `TLSv1.3`. libcurl 7.88 says it while it connects only.
    package let tlsVersion: String?
    package let cipher: String?
    package let certificate: Certificate?
    package let times: Times
  }

  /// The service's own certificate. libcurl keeps none that it didn't trust.
  package struct Certificate: Equatable, Sendable {
    package let subject: String?
    package let issuer: String?
    package let notBefore: String?
    package let notAfter: String?
  }

  /// From the beginning of the exchange on; `nil` where it didn't come so far.
  package struct Times: Equatable, Sendable {
    package let nameLookup: Duration?
    package let connect: Duration?
    package let tls: Duration?
    package let firstByte: Duration?
    package let total: Duration
  }

  package struct Answer: Equatable, Sendable {
    package struct Header: Equatable, Sendable {
      package let name: String
      /// Only of fields that can't hold a secret; of `WWW-Authenticate` the schemes.
      package let value: String?
    }

    package let status: Int
    package let headers: [Header]
    /// Bytes, decoded.
    package let bodyLength: Int
    package let body: Body
    /// The service's `Date`, seconds since 1970; `nil` where it sends none, or a cache answered.
    package let date: Int64?
    /// The service's own words about a refusal.
    package let message: String?
  }

  /// A body's shape.
  package enum Body: Equatable, Sendable {
    case empty
    /// A page for browsers, with its title.
    case page(title: String?)
    case json([Place])
    /// Text that isn't JSON.
    case text(looksLikeToken: Bool)
    case unreadable

    /// A value in the JSON: `/data/jwt: string of 312 characters`.
    package struct Place: Equatable, Sendable {
      /// JSON pointer (RFC 6901).
      package let pointer: String
      package let kind: String
      package let looksLikeToken: Bool
    }
  }

  package struct Claim: Equatable, Sendable {
    package let name: String
    package let kind: String
    /// Of `iat`, `exp`, `nbf`, `iss` and `aud` only.
    package let value: String?
  }

  /// What is made of the token.
  package struct Token: Equatable, Sendable {
    /// JSON pointer of its place; empty: the body itself.
    package let place: String
    package let length: Int
    package let claims: [Claim]
    /// `exp` less `iat`, seconds.
    package let claimedLifetime: Int64?
    package let expiresIn: Int64?
  }

  package let request: Request?
  /// `nil` where nothing could be sent.
  package let connection: Connection?
  package let answer: Answer?
  /// The token that the daemon would use, or would refuse for what `result` says.
  package let token: Token?
  /// Where else something lies that looks like a token: JSON pointers, or `header NAME`.
  package let otherPlaces: [String]
  /// This host's time of day when the answer had come, seconds since 1970.
  package let localTime: Double
  package let result: Result<TokenGrant, ExchangeFailure>

  /// Makes the exchange on this thread, within the settings' `timeout`.
  ///
  /// - Parameter localTime: this host's time of day, seconds since 1970.
  package static func make(
    _ request: AuthenticationRequest, localTime: () -> Double
  ) -> ExchangeTrace {
    do throws(ExchangeFailure) {
      let transfer = try Transfer(request)
      let listener = HandshakeListener()
      try listener.listen(to: transfer.easy)
      let code = curl_easy_perform(transfer.handle)
      return withExtendedLifetime(listener) {
        ExchangeTrace(transfer, code, listener, localTime: localTime())
      }
    } catch {
      return ExchangeTrace(impossible: error, localTime: localTime())
    }
  }

  private init(impossible failure: ExchangeFailure, localTime: Double) {
    (request, connection, answer, token, otherPlaces) = (nil, nil, nil, nil, [])
    self.localTime = localTime
    result = .failure(failure)
  }

  private init(_ transfer: Transfer, _ code: CURLcode, _ listener: HandshakeListener, localTime: Double) {
    self.localTime = localTime
    result = transfer.result(code, localNow: localTime)
    request = Request(
      method: "POST", url: transfer.endpoint.url, headerNames: transfer.easy.headerNames,
      body: transfer.fields.redacted)
    let reading = BodyReading(
      transfer.answer.body, transfer.answer.headers, transfer.reader, transfer.request.credentials)
    connection = Connection(transfer.easy, listener, reading.hidden)
    let status = transfer.easy.number(CURLINFO_RESPONSE_CODE)
    answer = status > 0 ? Answer(status, transfer.answer, reading) : nil
    let finding = reading.token(transfer.reader)
    token = finding
    otherPlaces =
      reading.tokenPlaces.filter { $0 != finding?.place }
      + transfer.answer.headers.tokenPlaces(reading.hidden)
  }
}

extension ExchangeTrace.Connection {
  fileprivate init?(_ easy: EasyHandle, _ listener: HandshakeListener, _ hidden: Hidden) {
    func time(_ info: CURLINFO) -> Duration? {
      let microseconds = easy.offset(info)
      return microseconds > 0 ? .microseconds(microseconds) : nil
    }
    func words(_ words: String?) -> String? {
      words.map { hidden.isHeld(in: $0) ? "…" : Printable.text($0, limit: 200) }
    }
    address = easy.string(CURLINFO_PRIMARY_IP)
    let port = easy.number(CURLINFO_PRIMARY_PORT)
    self.port = port > 0 ? port : nil
    httpVersion =
      switch easy.number(CURLINFO_HTTP_VERSION) {
      case Int(ccurl_http_1_0): "1.0"
      case Int(ccurl_http_1_1): "1.1"
      case Int(ccurl_http_2): "2"
      default: nil
      }
    tlsVersion = words(listener.version)
    cipher = words(listener.cipher)
    let lines = easy.certificate
    certificate =
      lines.isEmpty
      ? nil
      : .init(
        subject: words(lines["Subject"]), issuer: words(lines["Issuer"]),
        notBefore: words(lines["Start date"]),
        notAfter: words(lines["Expire date"]))
    times = .init(
      nameLookup: time(CURLINFO_NAMELOOKUP_TIME_T), connect: time(CURLINFO_CONNECT_TIME_T),
      tls: time(CURLINFO_APPCONNECT_TIME_T), firstByte: time(CURLINFO_STARTTRANSFER_TIME_T),
      total: .microseconds(easy.offset(CURLINFO_TOTAL_TIME_T)))
  }
}

extension ExchangeTrace.Answer {
  /// Fields whose values are shown.
  private static let shown: Set<String> = [
    "date", "age", "content-type", "content-length", "content-encoding", "retry-after", "server",
  ]

  fileprivate init(_ status: Int, _ answer: IncomingAnswer, _ reading: BodyReading) {
    let hidden = reading.hidden
    self.status = status
    headers = answer.headers.fields.map { name, value in
      let lowered = name.lowercased()
      let shown =
        lowered == "www-authenticate"
        ? Self.schemes(value).flatMap { ServiceMessage.clean($0, hidden) }
        : Self.shown.contains(lowered) ? ServiceMessage.clean(value, hidden) : nil
      return Header(name: ServiceMessage.clean(name, hidden) ?? "…", value: shown)
    }
    bodyLength = answer.body.count
    body = reading.shape
    date = answer.headers.hasAge ? nil : answer.headers.date
    message = status >= 300 ? ServiceMessage.find(in: answer.body, hidden) : nil
  }

  /// The words that a challenge (RFC 9110 section 11.3) begins with.
  private static func schemes(_ value: String) -> String? {
    let scheme = value.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return scheme.isEmpty ? nil : String(scheme.prefix(40))
  }
}
