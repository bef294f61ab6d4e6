/// Why an exchange with the Authentication endpoint brought no token. The descriptions are sentences for an
/// operator; none holds the secret, the token or a byte of the response's body.
package enum ExchangeFailure: Error, Equatable, Sendable {
  /// The client ID or secret could not be read on this host; the reason names the file and the remedy.
  case credentialsUnavailable(reason: String)
  /// This process or host had no descriptor or memory left for it.
  case shortage(reason: String)
  /// The host's name could not be resolved.
  case nameResolution(host: String, reason: String)
  /// No connection could be made.
  case network(host: String, reason: String)
  /// The connection broke before the answer was complete.
  case cutOff(host: String, reason: String)
  /// What came back is no HTTP, or of no version that is spoken here.
  case notHTTP(host: String, reason: String)
  /// No complete answer within the limit.
  case timedOut(host: String, after: Duration)
  /// The TLS handshake failed before a certificate was judged.
  case handshake(host: String, reason: String)
  /// The other side asks for a certificate of ours, and got none that it takes.
  case certificateWanted(host: String, reason: String)
  /// The certificate was refused because of its dates: renewed soon, or this host's clock is wrong.
  case certificateDates(host: String, reason: String)
  /// The certificate was refused for another reason than its dates.
  case certificate(host: String, reason: String)
  /// Something local that no waiting will mend: an unreadable `ca_file`, an unusable proxy.
  case unusableSetting(reason: String)
  /// An answer other than 2xx. `retryAfter` as the service asked, counted from the answer.
  case status(Int, retryAfter: Duration?, detail: StatusDetail = StatusDetail())
  /// A 4xx with a web page for its body: it comes from a gateway in between, not from AssetIT.
  case gatewayPage(Int)
  /// An answer of 2xx that holds no usable token.
  case unusableAnswer(UnusableAnswer)
  /// The request was given up because its credentials or settings changed, or the daemon stops.
  case abandoned
  /// What an earlier process of the daemon was told.
  case remembered(FailureClass, reason: String)
}

/// What an operator may want to know about an answer other than 2xx.
package struct StatusDetail: Equatable, Sendable {
  /// The service's own words: printable, at most 200 characters, without secrets.
  package var message: String?
  /// What looks wrong about the credentials that were sent, such as white space at an end.
  package var suspicion: String?

  package init(message: String? = nil, suspicion: String? = nil) {
    self.message = message
    self.suspicion = suspicion
  }
}

extension ExchangeFailure {
  /// The one place where failures are classified.
  package var failureClass: FailureClass {
    switch self {
    case .shortage, .nameResolution, .network, .cutOff, .notHTTP, .timedOut, .handshake, .certificateDates,
      .unusableAnswer,
      .abandoned:
      .transient
    case .certificate, .certificateWanted, .unusableSetting, .credentialsUnavailable, .gatewayPage:
      .misconfigured
    case .remembered(let failureClass, _):
      failureClass
    case .status(let code, let retryAfter, _):
      switch code {
      case 400, 401, 403: .rejected
      case 429: .throttled(retryAfter: retryAfter)
      case 503 where retryAfter != nil: .throttled(retryAfter: retryAfter)
      case 408, 425, 500...599: .transient
      default: .misconfigured
      }
    }
  }
}

extension ExchangeFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .credentialsUnavailable(let reason), .unusableSetting(let reason):
      reason
    case .shortage(let reason):
      "\(reason): raise LimitNOFILE, or look what uses so much"
    case .nameResolution(let host, let reason):
      "the name \(host) cannot be resolved (\(reason)): check base_url and this host's DNS"
    case .network(let host, let reason):
      "no connection with \(host) (\(reason)): check that the host can be reached from here, or set a proxy"
    case .cutOff(let host, let reason):
      "the connection with \(host) broke before its answer was complete (\(reason)): check the service, and any"
        + " proxy or gateway between"
    case .notHTTP(let host, let reason):
      "\(host) does not answer in HTTP/1.1 or HTTP/2 as this host's libcurl speaks them (\(reason)): check the port in"
        + " base_url"
    case .certificateWanted(let host, let reason):
      "\(host) asks for a client certificate (\(reason)): set client_certificate and client_key to one that it takes"
    case .timedOut(let host, let limit):
      "no complete answer from \(host) within \(limit): check the network, or raise connect_timeout or timeout"
    case .handshake(let host, let reason):
      "the TLS handshake with \(host) failed (\(reason))"
    case .certificateDates(let host, let reason):
      "the certificate of \(host) is outside its dates (\(reason)): check this host's clock, or have it renewed"
    case .certificate(let host, let reason):
      "the certificate of \(host) is not trusted (\(reason)): check base_url, or name its authority in ca_file"
    case .status(let code, let retryAfter, let detail):
      Self.describe(status: code, retryAfter: retryAfter) + Self.describe(detail)
    case .gatewayPage(let code):
      "a gateway between this host and AssetIT answered with a web page (HTTP \(code)), so AssetIT saw neither"
        + " client ID nor secret: check base_url, and any proxy, firewall or VPN between"
    case .unusableAnswer(let answer):
      answer.description
    case .abandoned:
      "the request was given up because its settings changed"
    case .remembered(_, let reason):
      "before the restart: \(reason)"
    }
  }

  private static func describe(_ detail: StatusDetail) -> String {
    let message = detail.message.map { "; its answer says \"\($0)\"" } ?? ""
    return message + (detail.suspicion.map { "; \($0)" } ?? "")
  }

  private static func describe(status: Int, retryAfter: Duration?) -> String {
    switch status {
    case 400:
      "AssetIT refused the request (HTTP 400): make sure that client ID and secret are current under Settings, API"
        + " Credentials; if they are, its fields may be other ones (client_id_field, client_secret_field, body,"
        + " extra_fields)"
    case 401, 403:
      "AssetIT refused the client ID or secret (HTTP \(status)): make sure that both are current under"
        + " Settings, API Credentials"
    case 415:
      "the service takes no body of this kind (HTTP 415): try body = \"form\" in [profiles.NAME.api], or"
        + " \"json\" where it is \"form\""
    case 429,
      503 where retryAfter != nil:
      "AssetIT asks to be left alone for a while (HTTP \(status))"
    case 300...399:
      "the service redirects elsewhere (HTTP \(status)), which is never followed since it would carry the"
        + " secret along: set base_url to where the API really is"
    case 404, 405:
      "the service knows no such endpoint (HTTP \(status)): check base_url and authenticate_path"
    case 407:
      "the proxy asks for authentication (HTTP 407): check proxy"
    case 500...599:
      "the service is out of order (HTTP \(status))"
    default:
      "the service answered HTTP \(status), which an Authentication endpoint should not: check base_url and"
        + " [profiles.NAME.api]"
    }
  }
}
