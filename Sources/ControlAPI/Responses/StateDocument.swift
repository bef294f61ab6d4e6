import TokenCore
import TokenService

/// A profile's state in JSON: what `GET /v1/profiles/{p}` and `state` events show. Never the token.
struct StateDocument: Encodable, Equatable {
  struct LastError: Encodable, Equatable {
    /// `transient`, `throttled`, `rejected` or `misconfigured`.
    let `class`: String
    let message: String
    let at: String
  }

  let profile: String
  let state: String
  let refreshing: Bool
  /// RFC 3339, on this host's clock; `null` where there is no token.
  let issuedAt: String?
  let expiresAt: String?
  /// Whole seconds, rounded down.
  let expiresIn: Int64?
  /// `null` while a request is under way.
  let nextRefreshAt: String?
  /// Failed requests in a row.
  let failures: Int
  let lastError: LastError?
  /// `current` or `changed`: whether the token was got with the configured credentials.
  let credentials: String
  /// What an operator should know besides, a sentence each.
  let problems: [String]

  init(_ state: ProfileState, _ moment: ClockReading) {
    profile = state.name
    let token = state.token(at: moment.now)
    self.state = state.condition(at: moment.now).rawValue
    refreshing = state.isRefreshing
    issuedAt = token.map { moment.timestamp($0.requestedAt) }
    expiresAt = token.map { moment.timestamp($0.deadline) }
    expiresIn = token.map { ($0.deadline - moment.now).components.seconds }
    nextRefreshAt = state.nextRefreshAt.map(moment.timestamp)
    failures = state.lastFailure?.count ?? 0
    credentials = state.credentials.rawValue
    problems = state.problems
    lastError = state.lastFailure.map { failure in
      LastError(
        class: failure.failureClass.name, message: "\(failure.cause)", at: moment.timestamp(failure.at))
    }
  }

  private enum CodingKeys: String, CodingKey {
    case profile, state, refreshing, failures, credentials, problems
    case issuedAt = "issued_at"
    case expiresAt = "expires_at"
    case expiresIn = "expires_in"
    case nextRefreshAt = "next_refresh_at"
    case lastError = "last_error"
  }

  /// What isn't there is `null`, so that every document has the same keys.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(profile, forKey: .profile)
    try container.encode(state, forKey: .state)
    try container.encode(refreshing, forKey: .refreshing)
    try container.encode(issuedAt, forKey: .issuedAt)
    try container.encode(expiresAt, forKey: .expiresAt)
    try container.encode(expiresIn, forKey: .expiresIn)
    try container.encode(nextRefreshAt, forKey: .nextRefreshAt)
    try container.encode(failures, forKey: .failures)
    try container.encode(lastError, forKey: .lastError)
    try container.encode(credentials, forKey: .credentials)
    try container.encode(problems, forKey: .problems)
  }
}
