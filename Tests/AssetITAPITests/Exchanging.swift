import Testing
import TokenCore

@testable import AssetITAPI

/// A secret that is easy to find again.
let testSecret = "s3cret/\"é-do-not-show"

extension ExchangeSettings {
  static func test(
    _ baseURL: String, timeout: Duration = .seconds(5), connectTimeout: Duration = .seconds(5)
  ) -> ExchangeSettings {
    var settings = ExchangeSettings(baseURL: baseURL)
    settings.timeout = timeout
    settings.connectTimeout = connectTimeout
    return settings
  }
}

extension AuthenticationRequest {
  static func test(_ settings: ExchangeSettings, secret: String = testSecret) -> AuthenticationRequest {
    AuthenticationRequest(
      settings: settings,
      credentials: Credentials(clientID: Secret("the-id"), clientSecret: Secret(secret)),
      assumedLifetime: .seconds(3600))
  }
}

extension ExchangeClient {
  /// One exchange; no failure may hold the secret.
  func exchange(_ settings: ExchangeSettings) async -> Result<TokenGrant, ExchangeFailure> {
    await timedExchange(settings).result
  }

  /// The same with the time it took, taken on the client's thread, however late the test comes to see it.
  ///
  /// - Parameter givingUp: abandons it at once.
  func timedExchange(
    _ settings: ExchangeSettings, givingUp: Bool = false
  ) async -> (result: Result<TokenGrant, ExchangeFailure>, elapsed: Duration) {
    let start = ContinuousClock.now
    let (result, end) = await withCheckedContinuation { continuation in
      let id = self.start(.test(settings)) { continuation.resume(returning: ($0, ContinuousClock.now)) }
      if givingUp { abandon(id) }
    }
    let text = String(describing: result) + String(reflecting: result)
    #expect(!text.contains("do-not-show"))
    return (result, end - start)
  }
}

extension Result where Success == TokenGrant, Failure == ExchangeFailure {
  var grant: TokenGrant? { try? get() }

  var failure: ExchangeFailure? {
    if case .failure(let failure) = self { failure } else { nil }
  }

  /// The failure's case without its reason.
  var kind: String {
    switch failure {
    case nil: "grant"
    case .credentialsUnavailable: "credentialsUnavailable"
    case .shortage: "shortage"
    case .nameResolution(let host, _): "nameResolution of \(host)"
    case .network(let host, _): "network to \(host)"
    case .cutOff(let host, _): "cutOff by \(host)"
    case .notHTTP(let host, _): "notHTTP of \(host)"
    case .certificateWanted(let host, _): "certificateWanted by \(host)"
    case .timedOut: "timedOut"
    case .handshake(let host, _): "handshake with \(host)"
    case .certificateDates(let host, _): "certificateDates of \(host)"
    case .certificate(let host, _): "certificate of \(host)"
    case .unusableSetting: "unusableSetting"
    case .status(let status, _, _): "status \(status)"
    case .gatewayPage(let status): "gatewayPage \(status)"
    case .remembered: "remembered"
    case .unusableAnswer: "unusableAnswer"
    case .abandoned: "abandoned"
    }
  }
}

/// A JWT whose claims are `exp` 1,700,086,400 and `iat` 1,700,000,000; its signature is no signature.
let testToken = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwODY0MDAsImlhdCI6MTcwMDAwMDAwMH0.c2ln"

func answer(_ body: String, status: String = "200 OK", headers: [String] = []) -> String {
  let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
  return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}
