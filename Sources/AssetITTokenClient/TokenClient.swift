internal import FoundationEssentials
internal import Glibc

/// Gets AssetIT's header from the daemon on this host, over its Unix socket.
///
/// ```swift
/// let client = TokenClient()
/// var request = HTTPRequest(url: assets)
/// request.headers["Authorization"] = try await client.header().value
/// ```
///
/// Ask for the header anew for every request to AssetIT: the daemon has it in memory, and answers in well under a
/// millisecond. After an answer of 401 call ``reportRejected(_:)`` and repeat the request once with what it returns.
public struct TokenClient: Sendable {
  /// `$ASSETIT_TOKEND_SOCKET`, else `api.sock` in the (first) `$RUNTIME_DIRECTORY`, else
  /// `/run/assetit-tokend/api.sock`.
  public static var defaultSocketPath: String {
    if let path = variable("ASSETIT_TOKEND_SOCKET") { return path }
    let folder = variable("RUNTIME_DIRECTORY")?.split(separator: ":").first.map(String.init)
    return (folder ?? "/run/assetit-tokend") + "/api.sock"
  }

  public let profile: String
  public let socketPath: String
  /// For each answer; a request that has AssetIT asked takes as long as AssetIT does. ``events`` has no end.
  public let timeout: Duration

  /// - Parameters:
  ///   - profile: a section `[profiles.NAME]` of the daemon's configuration.
  ///   - socketPath: where the daemon serves HTTP; ``defaultSocketPath`` where `nil`.
  public init(profile: String = "default", socketPath: String? = nil, timeout: Duration = .seconds(30)) {
    self.profile = profile
    self.socketPath = socketPath ?? Self.defaultSocketPath
    self.timeout = timeout
  }

  /// The header, good for at least `minValid` from now on. Where the daemon's token isn't, it gets a new one first;
  /// where it has none yet, this waits.
  ///
  /// - Throws: ``TokenClientError``; `.unavailable` where there is no such token.
  public func header(minValid: Duration = .zero) async throws(TokenClientError) -> AuthorizationHeader {
    let query = minValid > .zero ? "?min_valid=\(minValid.wholeMilliseconds)ms" : ""
    let answer = try await ask(.get, "/header\(query)")
    return try header(String(validating: answer.body, as: UTF8.self), in: answer)
  }

  /// Says that AssetIT answered 401 to a request with this header, and gets the one that replaces it. That costs one
  /// authentication, no matter how many callers say it of one token. Repeat your request once with the new header.
  ///
  /// - Returns: another header than this one.
  /// - Throws: ``TokenClientError``; `.unavailable` if the daemon has no other one soon, because AssetIT gave none or
  ///   may not be asked so soon again: then AssetIT's own 401 is the answer.
  @discardableResult
  public func reportRejected(
    _ header: AuthorizationHeader
  ) async throws(TokenClientError) -> AuthorizationHeader {
    let answer = try await ask(.post, "/rejected", body: Array(header.value.utf8))
    return try self.header(answer.fields["authorization"], in: answer)
  }

  private func header(
    _ value: String?, in answer: HTTPAnswer
  ) throws(TokenClientError) -> AuthorizationHeader {
    guard let value, AuthorizationHeader.isValue(value) else {
      throw .connection(path: socketPath, reason: "the answer holds no header that can be sent")
    }
    return AuthorizationHeader(value: value, expiresAt: answer.fields["expires"].flatMap(HTTPDate.date))
  }

  /// Has a new token fetched, and returns when there is one.
  ///
  /// - Throws: ``TokenClientError``; `.unavailable` where AssetIT gave none, or isn't asked so soon again.
  @discardableResult
  public func refresh() async throws(TokenClientError) -> ProfileStatus {
    try decode(await ask(.post, "/refresh"))
  }

  /// How the profile is doing.
  ///
  /// - Throws: ``TokenClientError``.
  public func status() async throws(TokenClientError) -> ProfileStatus {
    try decode(await ask(.get, ""))
  }

  /// How all profiles are doing that this caller may read, in order of their names.
  ///
  /// - Throws: ``TokenClientError``.
  public func profiles() async throws(TokenClientError) -> [ProfileStatus] {
    struct List: Decodable {
      let profiles: [ProfileStatus]
    }
    let list: List = try decode(await send(.get, "/v1/profiles"))
    return list.profiles
  }

  /// The profile's state and its header now, then each change of either, without end.
  public var events: TokenEvents { TokenEvents(client: self) }

  /// `path`: within the profile's.
  private func ask(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = []
  ) async throws(TokenClientError) -> HTTPAnswer {
    try await send(method, profilePath() + path, body: body)
  }

  func profilePath() throws(TokenClientError) -> String {
    let isName =
      1...32 ~= profile.utf8.count
      && profile.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
    guard isName else {
      throw .invalidArgument(
        reason: "a profile's name has 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", unlike this one")
    }
    return "/v1/profiles/\(profile)"
  }

  /// Sends a second time where a daemon that restarts left the first one unanswered: its socket outlives it, and
  /// none of these requests does harm twice.
  private func send(
    _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = []
  ) async throws(TokenClientError) -> HTTPAnswer {
    let request = HTTPRequest(socketPath: socketPath, method, path, body: body, timeout: timeout)
    let answer: HTTPAnswer
    do throws(TokenClientError) {
      answer = try await TransferThread.answer(to: request)
    } catch {
      guard case .connection = error else { throw error }
      answer = try await TransferThread.answer(to: request)
    }
    guard 200..<300 ~= answer.status else {
      throw ProblemDocument.error(of: answer, profile: profile, path: socketPath)
    }
    return answer
  }

  private func decode<Value: Decodable>(_ answer: HTTPAnswer) throws(TokenClientError) -> Value {
    guard let value = try? JSON.decode(Value.self, answer.body) else {
      throw .connection(path: socketPath, reason: "the answer isn't what this library expects")
    }
    return value
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}

extension Duration {
  /// Rounded up.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    return overflow ? .max : product &+ (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
