internal import FoundationEssentials
import NIOHTTP1

/// Why a request isn't answered as asked: a problem document (RFC 9457).
struct Problem: Error {
  /// Tells programs apart what one status may mean.
  enum Code: String, Codable, Sendable {
    case invalidRequest = "invalid_request"
    case browser = "browser_not_allowed"
    case notFound = "not_found"
    case unknownProfile = "unknown_profile"
    case accessDenied = "access_denied"
    case methodNotAllowed = "method_not_allowed"
    case tooLarge = "too_large"
    case noToken = "no_token"
    case notReady = "not_ready"
    case refreshFailed = "refresh_failed"
    case refreshDeferred = "refresh_deferred"
    case refreshPending = "refresh_pending"
    case minValidTooLong = "min_valid_too_long"
    case tooManyConnections = "too_many_connections"
    case tooManyRequests = "too_many_requests"
    case stopping = "stopping"
  }

  let status: HTTPResponseStatus
  let code: Code
  /// A sentence without its full stop.
  let detail: String
  let headers: [(name: String, value: String)]
  /// Those that it is about, where it is about several.
  let profiles: [String]?

  init(
    _ status: HTTPResponseStatus, _ detail: String, code: Code? = nil,
    headers: [(String, String)] = [], retryAfter: Int? = nil, profiles: [String]? = nil
  ) {
    self.status = status
    self.detail = detail
    self.code = code ?? Self.code(for: status)
    self.headers = headers + (retryAfter.map { [("Retry-After", "\(max(1, $0))")] } ?? [])
    self.profiles = profiles
  }

  static let stopping = Problem(
    .serviceUnavailable, "the daemon is stopping or starting anew", code: .stopping, retryAfter: 1)

  private static func code(for status: HTTPResponseStatus) -> Code {
    switch status {
    case .notFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .payloadTooLarge, .uriTooLong, .requestHeaderFieldsTooLarge: .tooLarge
    default: .invalidRequest
    }
  }

  private struct Document: Encodable {
    let type = "about:blank"
    let title: String
    let status: UInt
    let detail: String
    let code: Code
    let profiles: [String]?
  }

  /// Without a type of its own a problem's title is the status's phrase (RFC 9457 section 4.2.1).
  var response: Response {
    let document = Document(
      title: status.reasonPhrase, status: status.code, detail: detail, code: code, profiles: profiles)
    return Response(status, "application/problem+json", JSONDocument.bytes(document), headers: headers)
  }
}
