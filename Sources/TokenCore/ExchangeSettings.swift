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
