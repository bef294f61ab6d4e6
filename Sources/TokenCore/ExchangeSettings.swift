/// How to reach the Authentication endpoint of one profile and how to read its answer: the base URL and
/// `[profiles.NAME.api]`. Everything about AssetIT's API that isn't public is a setting here; the defaults
/// are by analogy with AgileTest, by the same vendor.
package struct ExchangeSettings: Equatable, Sendable {
  /// Where a proxy comes from.
  package enum Proxy: Equatable, Sendable {
    /// `HTTPS_PROXY`, `NO_PROXY`: the environment, as libcurl reads it.
    case environment
    /// None, whatever the environment says.
    case none
    /// This one. It may hold a password, so it is kept as a secret.
    case url(Secret)
  }

  /// `https://…`, or `http://…` to loopback; without a slash at its end.
  package var baseURL: String
  /// Begins with a slash.
  package var authenticatePath = "/api/apikeys/authenticate"
  package var clientIDField = "clientId"
  package var clientSecretField = "clientSecret"
  package var body = RequestFormat.json
  /// Fixed fields of the body beside the two, by name.
  package var extraFields: [String: ExtraField] = [:]
  /// Fixed headers of the request.
  package var headers: [RequestHeader] = []
  /// Certificate that is shown where a gateway asks for one, and its key, files in PEM; a `nil` key: the
  /// certificate's file holds it, too.
  package var clientCertificate: String?
  package var clientKey: String?
  /// Where a JSON answer holds the token (JSON pointer, RFC 6901); `nil`: the usual places.
  package var tokenPointer: String?
  package var tokenFormat = TokenFormat.jwt
  /// Goes before the token in the header, its space included.
  package var headerPrefix = "JWT "
  /// Certificate authorities in PEM; `nil`: the system's.
  package var caFile: String?
  package var proxy = Proxy.environment
  package var connectTimeout = Duration.seconds(5)
  /// For the whole exchange.
  package var timeout = Duration.seconds(20)

  package init(baseURL: String) {
    self.baseURL = baseURL
  }
}

/// What the service's tokens are.
package enum TokenFormat: String, Equatable, Sendable, CaseIterable {
  /// Three base64url parts with claims (RFC 7519); `exp` and `iat` are read, nothing is verified.
  case jwt
  /// Not looked into; lives for `assumed_lifetime`.
  case opaque
}

/// How the body of the request is written.
package enum RequestFormat: String, Equatable, Sendable, CaseIterable {
  /// One JSON object.
  case json
  /// `application/x-www-form-urlencoded`, as forms and OAuth 2.0 (RFC 6749 appendix B) send it.
  case form
}

/// The value of a fixed field of the body.
package enum ExtraField: Equatable, Sendable {
  case string(String)
  case integer(Int64)
  case boolean(Bool)
}

/// A fixed header of the request. Its value may be a key, so it is kept as a secret.
package struct RequestHeader: Equatable, Sendable {
  package let name: String
  package let value: Secret

  /// What is wrong with the name or the value.
  package enum Fault: Error, Equatable, Sendable {
    /// No token of RFC 9110 section 5.6.2.
    case name
    /// The request's own framing, which no setting may touch.
    case reserved
    /// Empty, longer than 8 KiB, or with characters other than visible ASCII, spaces and tabs between.
    case value
  }

  private static let reserved: Set<String> = [
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]

  package init(name: String, value: Secret) throws(Fault) {
    let symbols = "!#$%&'*+-.^_`|~".utf8
    let isToken = name.utf8.allSatisfy { byte in
      symbols.contains(byte) || Character(Unicode.Scalar(byte)).isASCIIAlphanumeric
    }
    guard !name.isEmpty, name.utf8.count <= 256, isToken else { throw .name }
    guard !Self.reserved.contains(name.lowercased()) else { throw .reserved }
    let isValue = value.withBytes { bytes in
      let isVisible = bytes.indices.allSatisfy { (0x20...0x7E).contains(bytes[$0]) || bytes[$0] == 0x09 }
      guard (1...8192).contains(bytes.count), isVisible else { return false }
      return bytes[0] > 0x20 && bytes[bytes.count - 1] > 0x20
    }
    guard isValue else { throw .value }
    self.name = name
    self.value = value
  }
}

extension Character {
  fileprivate var isASCIIAlphanumeric: Bool { isASCII && (isLetter || isNumber) }
}
