internal import CCurl
internal import TokenCore

/// How a transfer ended, as far as it decides what kind of failure it was.
struct TransferOutcome {
  var code: CURLcode
  /// Of the last answer; 0: none.
  var status = 0
  /// Of the proxy's answer to CONNECT; 0: none.
  var proxyStatus = 0
  /// X509_verify_cert_error(3) of the service's and the proxy's certificates; 0: fine or not judged.
  var verifyResults: [Int] = []
  /// The request could be sent.
  var isConnected = false
  var isOversized = false
  /// The body is a page for browsers.
  var isPage = false
  var detail = StatusDetail()
  var host: String
  /// The time limit that was in force at the end.
  var limit: Duration
  var settings: ExchangeSettings?
  var reason: String

  /// `nil` where a whole answer of 2xx has come.
  func failure(retryAfter: Duration?) -> ExchangeFailure? {
    // A status stands however its connection ended afterwards.
    if status >= 300 {
      let failure = ExchangeFailure.status(status, retryAfter: retryAfter, detail: detail)
      let isFinal = failure.failureClass == .rejected || failure.failureClass == .misconfigured
      return isFinal && isPage && 400..<500 ~= status ? .gatewayPage(status) : failure
    }
    if isOversized { return .unusableAnswer(.oversized(limit: TokenReader.limit)) }
    if code == CURLE_OK {
      return status >= 200 ? nil : .network(host: host, reason: "it answered without a status")
    }
    return proxyFailure ?? libcurlFailure
  }

  /// A proxy's refusal says nothing about the credentials, but 407 says what is missing.
  private var proxyFailure: ExchangeFailure? {
    switch proxyStatus {
    case 407: .status(407, retryAfter: nil)
    case 300...: .network(host: host, reason: "the proxy answered HTTP \(proxyStatus)")
    default: nil
    }
  }

  /// libcurl-errors(3).
  private var libcurlFailure: ExchangeFailure {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return .nameResolution(host: host, reason: reason)
    case CURLE_COULDNT_RESOLVE_PROXY:
      return .nameResolution(host: "of the proxy", reason: reason)
    case CURLE_OPERATION_TIMEDOUT:
      return .timedOut(host: host, after: limit)
    case CURLE_SSL_CLIENTCERT:
      return .certificateWanted(host: host, reason: reason)
    case _ where isCertificateWanted:
      return .certificateWanted(host: host, reason: reason)
    case CURLE_SSL_CONNECT_ERROR where reason.lowercased().contains("no application protocol"):
      return .notHTTP(host: host, reason: reason)
    case CURLE_SSL_CONNECT_ERROR:
      return .handshake(host: host, reason: reason)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return isAboutDates
        ? .certificateDates(host: host, reason: reason) : .certificate(host: host, reason: reason)
    case CURLE_SSL_CACERT_BADFILE:
      return .unusableSetting(
        reason: "the certificate authorities in \(settings?.caFile ?? "the system's store") cannot be used"
          + " (\(reason)): check that it is a readable PEM file")
    case CURLE_SSL_CERTPROBLEM:
      return .unusableSetting(
        reason:
          "client_certificate or client_key cannot be used (\(reason)): check that both are readable PEM files"
          + " that belong together, the key without a passphrase")
    case CURLE_BAD_CONTENT_ENCODING:
      return .unusableAnswer(.encoding(reason: reason))
    case CURLE_UNSUPPORTED_PROTOCOL where isConnected, CURLE_WEIRD_SERVER_REPLY:
      return .notHTTP(host: host, reason: reason)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return isConnected ? .cutOff(host: host, reason: reason) : .network(host: host, reason: reason)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION,
      CURLE_BAD_FUNCTION_ARGUMENT, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_NOTFOUND,
      CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE:
      return .unusableSetting(
        reason: "libcurl cannot use the settings (\(reason)): check base_url, proxy and ca_file")
    default:
      return .network(host: host, reason: reason)
    }
  }

  /// Whether HTTP/2 itself went wrong, so that HTTP/1.1 may do better.
  var isHTTP2Error: Bool { code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM }

  /// The alert of TLS 1.3 that says so (RFC 8446 section 6.2); libcurl has a code for it only at some moments.
  private var isCertificateWanted: Bool {
    reason.lowercased().contains("certificate required")
  }

  /// Not yet valid, expired, and the same of a list of revocations.
  private var isAboutDates: Bool {
    verifyResults.contains { (9...12).contains($0) }
  }
}
