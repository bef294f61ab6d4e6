import CCurl
import Testing
import TokenCore

@testable import AssetITAPI

@Suite("What libcurl reports")
struct TransferOutcomeTests {
  private func failure(
    _ code: CURLcode, _ change: (inout TransferOutcome) -> Void = { _ in }
  ) -> ExchangeFailure? {
    var outcome = TransferOutcome(code: code, host: "h", limit: .seconds(5), reason: "why")
    change(&outcome)
    return outcome.failure(retryAfter: .seconds(9))
  }

  @Test("is one failure each")
  func table() {
    let rows: [(CURLcode, ExchangeFailure)] = [
      (CURLE_COULDNT_RESOLVE_HOST, .nameResolution(host: "h", reason: "why")),
      (CURLE_COULDNT_RESOLVE_PROXY, .nameResolution(host: "of the proxy", reason: "why")),
      (CURLE_OPERATION_TIMEDOUT, .timedOut(host: "h", after: .seconds(5))),
      (CURLE_SSL_CONNECT_ERROR, .handshake(host: "h", reason: "why")),
      (CURLE_PEER_FAILED_VERIFICATION, .certificate(host: "h", reason: "why")),
      (CURLE_COULDNT_CONNECT, .network(host: "h", reason: "why")),
      (CURLE_SEND_ERROR, .network(host: "h", reason: "why")),
      (CURLE_SSL_CLIENTCERT, .certificateWanted(host: "h", reason: "why")),
      (CURLE_WEIRD_SERVER_REPLY, .notHTTP(host: "h", reason: "why")),
      (CURLE_BAD_CONTENT_ENCODING, .unusableAnswer(.encoding(reason: "why"))),
      (CURLE_OUT_OF_MEMORY, .network(host: "h", reason: "why")),
    ]
    for (code, expected) in rows { #expect(failure(code) == expected) }
    for code in [
      CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM,
    ] {
      #expect(failure(code) { $0.isConnected = true } == .cutOff(host: "h", reason: "why"))
    }
    for code in [
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL,
    ] {
      #expect(failure(code)?.failureClass == .misconfigured)
    }
  }

  @Test("about dates is told by the verification's result", arguments: [9, 10, 11, 12])
  func dates(result: Int) {
    for results in [[result, 0], [0, result]] {
      let failure = failure(CURLE_PEER_FAILED_VERIFICATION) { $0.verifyResults = results }
      #expect(failure == .certificateDates(host: "h", reason: "why"))
    }
    #expect(
      failure(CURLE_PEER_FAILED_VERIFICATION) { $0.verifyResults = [20] }?.failureClass == .misconfigured)
  }

  @Test("gives way to a status, but not to one of 2xx")
  func status() {
    #expect(failure(CURLE_RECV_ERROR) { $0.status = 401 } == .status(401, retryAfter: .seconds(9)))
    #expect(failure(CURLE_OPERATION_TIMEDOUT) { $0.status = 503 } == .status(503, retryAfter: .seconds(9)))
    #expect(failure(CURLE_RECV_ERROR) { $0.status = 200 } == .network(host: "h", reason: "why"))
    for status in [400, 401, 403, 404, 405, 422] {
      let page = failure(CURLE_OK) {
        $0.status = status
        $0.isPage = true
      }
      #expect(page == .gatewayPage(status))
    }
    for status in [302, 408, 425, 429, 500, 503] {
      let page = failure(CURLE_OK) {
        $0.status = status
        $0.isPage = true
      }
      #expect(page == .status(status, retryAfter: .seconds(9)))
    }
    #expect(failure(CURLE_OK) { $0.status = 200 } == nil)
    #expect(failure(CURLE_OK)?.failureClass == .transient)
  }

  @Test("is shown in libcurl's own words where it could quote a secret")
  func reasons() {
    let request = AuthenticationRequest.test(.test("https://h"))
    let hidden = [
      "Unsupported proxy syntax in 'user:hunter2'", "cannot reach http://a:b", "user:hunter2@host",
      "odd answer: \(testSecret)", "",
    ]
    for message in hidden {
      #expect(
        FailureReason(message, CURLE_RECV_ERROR, request).text == "Failure when receiving data from the peer")
    }
    #expect(FailureReason("one\nline\u{1B}[1m", CURLE_OK, request).text == "one line [1m")
    #expect(FailureReason("x", CURLE_OK, .test(.test("https://h"), secret: "")).text == "No error")
  }

  @Test("tells from the alert that a client certificate is wanted, and from ALPN that HTTP/1.1 isn't spoken")
  func alerts() {
    let alert = "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"
    let wanted = failure(CURLE_RECV_ERROR) {
      $0.isConnected = true
      $0.reason = alert
    }
    #expect(wanted == .certificateWanted(host: "h", reason: alert))
    #expect(wanted?.failureClass == .misconfigured)
    #expect(wanted.map { "\($0)" }?.contains("client_certificate") == true)
    let reason = "error:0A000460:SSL routines::tlsv1 alert no application protocol"
    #expect(failure(CURLE_SSL_CONNECT_ERROR) { $0.reason = reason } == .notHTTP(host: "h", reason: reason))
  }
}
