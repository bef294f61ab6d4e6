public import FoundationEssentials
internal import TokenCore

/// How a profile is doing. It never holds the token.
public struct ProfileStatus: Codable, Hashable, Sendable {
  /// In one word; a daemon newer than this library may know further ones.
  public struct State: RawRepresentable, Codable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// There is a token, and the last request for one succeeded.
    public static let valid = State(rawValue: "valid")
    /// There is a token, but the last request for a new one failed.
    public static let failing = State(rawValue: "failing")
    /// There is no token yet; the first request is under way.
    public static let pending = State(rawValue: "pending")
    /// There is no token, and the last request failed.
    public static let unavailable = State(rawValue: "unavailable")
  }

  /// Whether the token that is served was got with the credentials that are configured now.
  public struct Credentials: RawRepresentable, Codable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
      self.rawValue = rawValue
    }

    public static let current = Credentials(rawValue: "current")
    /// The client ID, the secret or the endpoint has changed since; the daemon asks for a new token.
    public static let changed = Credentials(rawValue: "changed")
  }

  /// Why the last request for a token failed.
  public struct Failure: Codable, Hashable, Sendable {
    /// `transient`, `throttled`, `rejected` or `misconfigured`.
    public let kind: String
    /// A sentence that names the remedy.
    public let message: String
    public let at: Date

    private enum CodingKeys: String, CodingKey {
      case kind = "class"
      case message, at
    }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      kind = Printable.text(try container.decode(String.self, forKey: .kind))
      message = Printable.text(try container.decode(String.self, forKey: .message))
      at = try container.decode(Date.self, forKey: .at)
    }
  }

  public let profile: String
  public let state: State
  /// Whether a request for a new token is under way.
  public let isRefreshing: Bool
  /// `nil` where there is no token, as with ``expiresAt`` and ``expiresIn``.
  public let issuedAt: Date?
  public let expiresAt: Date?
  /// In whole seconds; unlike ``expiresAt`` it doesn't depend on this host's clock.
  public let expiresIn: Int64?
  /// `nil` while a request is under way.
  public let nextRefreshAt: Date?
  /// Requests that failed in a row.
  public let failures: Int
  /// `nil` after a success.
  public let lastFailure: Failure?
  /// Whether the token was got with the credentials that are configured now; `nil` from a daemon before 0.2.
  public let credentials: Credentials?
  /// What an operator should know besides, a sentence each.
  public let problems: [String]

  private enum CodingKeys: String, CodingKey {
    case profile, state, failures, credentials, problems
    case isRefreshing = "refreshing"
    case issuedAt = "issued_at"
    case expiresAt = "expires_at"
    case expiresIn = "expires_in"
    case nextRefreshAt = "next_refresh_at"
    case lastFailure = "last_error"
  }

  /// Texts that people read are made printable, so that nothing in them acts on a terminal.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    profile = Printable.text(try container.decode(String.self, forKey: .profile))
    state = State(rawValue: Printable.text(try container.decode(String.self, forKey: .state)))
    isRefreshing = try container.decode(Bool.self, forKey: .isRefreshing)
    issuedAt = try container.decode(Date?.self, forKey: .issuedAt)
    expiresAt = try container.decode(Date?.self, forKey: .expiresAt)
    expiresIn = try container.decode(Int64?.self, forKey: .expiresIn)
    nextRefreshAt = try container.decode(Date?.self, forKey: .nextRefreshAt)
    failures = try container.decode(Int.self, forKey: .failures)
    lastFailure = try container.decode(Failure?.self, forKey: .lastFailure)
    credentials = try container.decodeIfPresent(String.self, forKey: .credentials).map {
      Credentials(rawValue: Printable.text($0))
    }
    problems = (try container.decodeIfPresent([String].self, forKey: .problems) ?? []).map {
      Printable.text($0)
    }
  }

  /// What isn't there is `null`, so that every document has the same keys.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(profile, forKey: .profile)
    try container.encode(state, forKey: .state)
    try container.encode(isRefreshing, forKey: .isRefreshing)
    try container.encode(issuedAt, forKey: .issuedAt)
    try container.encode(expiresAt, forKey: .expiresAt)
    try container.encode(expiresIn, forKey: .expiresIn)
    try container.encode(nextRefreshAt, forKey: .nextRefreshAt)
    try container.encode(failures, forKey: .failures)
    try container.encode(lastFailure, forKey: .lastFailure)
    try container.encode(credentials, forKey: .credentials)
    try container.encode(problems, forKey: .problems)
  }
}
