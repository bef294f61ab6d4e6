package import AssetITAPI
package import TokenCore

/// What would help, with the lines of configuration that do it.
package struct Advice: Equatable, Sendable {
  /// The table that the lines belong into, within the profile's.
  package enum Table: String, Equatable, Sendable {
    case profile = ""
    case api
    case refresh
  }

  package struct Line: Equatable, Sendable {
    package let table: Table
    package let text: String
  }

  /// A sentence.
  package let reason: String
  /// In the order in which they are to be written; none where no setting helps.
  package let lines: [Line]

  /// From the best guess on. Pure, and made of nothing but what the trace shows.
  package static func of(_ trace: ExchangeTrace, _ settings: ExchangeSettings) -> [Advice] {
    guard case .failure(let failure) = trace.result else { return clockAdvice(trace) }
    return advice(failure, trace, settings) + clockAdvice(trace)
  }

  private static func advice(
    _ failure: ExchangeFailure, _ trace: ExchangeTrace, _ settings: ExchangeSettings
  ) -> [Advice] {
    switch failure {
    case .unusableAnswer(let answer): return advice(answer, trace, settings)
    case .status(let status, _, _): return advice(status: status, trace, settings)
    case .gatewayPage(let status):
      return [
        Advice(
          "HTTP \(status) with a page for browsers comes from a gateway before AssetIT, not from AssetIT: have this host"
            + " let through, or go by a proxy", [api("proxy", "http://HOST:PORT")])
      ]
    case .certificateWanted:
      return [
        Advice(
          "the service asks for a certificate of this client",
          [
            api("client_certificate", "/etc/assetit-tokend/client.pem"),
            api("client_key", "/etc/assetit-tokend/client.key"),
          ])
      ]
    case .certificate:
      return [
        Advice(
          "the service's certificate is signed by an authority that this host doesn't know; if it is your own one, name it",
          [api("ca_file", "/etc/ssl/certs/YOUR-AUTHORITY.pem")])
      ]
    case .timedOut:
      return [Advice("the service may only be slow", [api("connect_timeout", "20s"), api("timeout", "1m")])]
    case .network, .nameResolution:
      return [
        Advice(
          "where this host reaches the outside by a proxy only, name it", [api("proxy", "http://HOST:PORT")])
      ]
    case .credentialsUnavailable, .shortage, .cutOff, .notHTTP, .handshake, .certificateDates,
      .unusableSetting,
      .abandoned, .remembered:
      return []
    }
  }

  private static func advice(
    _ answer: UnusableAnswer, _ trace: ExchangeTrace, _ settings: ExchangeSettings
  ) -> [Advice] {
    let pointers = trace.otherPlaces.filter { $0.hasPrefix("/") }
    switch answer {
    case .noToken, .empty:
      if !pointers.isEmpty {
        return pointers.map { Advice("what lies at \($0) looks like a JWT", [api("token_pointer", $0)]) }
      }
      if let header = trace.otherPlaces.first {
        return [
          Advice("something that looks like a JWT lies in \(header), where this daemon doesn't look", [])
        ]
      }
      return opaqueCandidates(trace).map { pointer in
        Advice(
          "nothing looks like a JWT; if what lies at \(pointer) is the token, it isn't looked into",
          [api("token_pointer", pointer), api("token_format", "opaque")] + lifetime(trace, beside: pointer))
      } + (trace.answer?.body == .empty ? [path] : [])
    case .notJWT:
      let elsewhere = pointers.map {
        Advice("what lies at \($0) looks like a JWT", [api("token_pointer", $0)])
      }
      return elsewhere + [
        Advice(
          "if AssetIT's tokens aren't JWTs, they aren't looked into",
          [api("token_format", "opaque")] + lifetime(trace))
      ]
    case .badClaims, .tooFarAhead:
      return [
        Advice(
          "if the token is good all the same, it isn't looked into",
          [api("token_format", "opaque")] + lifetime(trace))
      ]
    case .html, .notText: return [path]
    case .oversized, .nested, .forbiddenCharacters, .expired, .clocksDisagree, .encoding, .neverValid,
      .sameToken:
      return []
    }
  }

  private static func advice(status: Int, _ trace: ExchangeTrace, _ settings: ExchangeSettings) -> [Advice] {
    switch status {
    case 300...399:
      return [
        Advice(
          "the service is somewhere else now, and the secret isn't sent after it: enter the address that your API"
            + " documentation names", [Line(table: .profile, text: Setting("base_url", "https://HOST").line)])
      ]
    case 404, 405: return [path]
    case 400, 415, 422: return otherBodies(settings)
    case 401, 403:
      return [
        Advice(
          "make sure that client ID and secret are current (in AssetIT: Settings, API Credentials): assetit-token rotate"
            + " tries others", [])
      ]
    case 407:
      return [
        Advice("the proxy wants a user and a password", [api("proxy", "http://USER:PASSWORD@HOST:PORT")])
      ]
    default: return []
    }
  }

  /// What services of this kind also take.
  private static func otherBodies(_ settings: ExchangeSettings) -> [Advice] {
    let isJSON = settings.body == .json
    let other = api("body", isJSON ? "form" : "json")
    let names = [api("client_id_field", "client_id"), api("client_secret_field", "client_secret")]
    let grant = Line(table: .api, text: #"extra_fields = { grant_type = "client_credentials" }"#)
    return [
      Advice("the service may want the fields as \(isJSON ? "a form" : "JSON")", [other]),
      Advice("or under other names", names),
      Advice("or as OAuth has them", [api("body", "form")] + names + [grant]),
    ]
  }

  private static let path = Advice(
    "the Authentication endpoint may lie elsewhere: enter the path that your API documentation names",
    [api("authenticate_path", "/PATH")])

  /// An opaque token doesn't say how long it lives; `expires_in` beside it does.
  private static func lifetime(_ trace: ExchangeTrace, beside pointer: String? = nil) -> [Line] {
    let isTold = trace.token?.expiresIn != nil || (pointer.map { hasLifetime(trace, beside: $0) } ?? false)
    return isTold ? [] : [Line(table: .refresh, text: Setting("assumed_lifetime", "1h").line)]
  }

  /// Whether `expires_in` lies beside this place, or in the root.
  private static func hasLifetime(_ trace: ExchangeTrace, beside pointer: String) -> Bool {
    guard case .json(let places)? = trace.answer?.body else { return false }
    let parent = pointer.lastIndex(of: "/").map { String(pointer[..<$0]) } ?? ""
    let known = [parent, ""].flatMap { [$0 + "/expires_in", $0 + "/expiresIn"] }
    return places.contains { known.contains($0.pointer) && $0.kind != "null" }
  }

  /// Strings that are long enough, those first whose name says so.
  private static func opaqueCandidates(_ trace: ExchangeTrace) -> [String] {
    guard case .json(let places)? = trace.answer?.body else { return [] }
    let names = ["token", "jwt", "key", "session"]
    return places.filter { $0.kind.hasPrefix("string") }.map(\.pointer).filter { pointer in
      let name = pointer.split(separator: "/").last?.lowercased() ?? ""
      return names.contains { name.contains($0) }
    }
  }

  private static func clockAdvice(_ trace: ExchangeTrace) -> [Advice] {
    guard let date = trace.answer?.date, (trace.localTime - Double(date)).magnitude > 60 else { return [] }
    return [
      Advice(
        "the clocks of the service and of this host disagree: set this host's (timedatectl set-ntp true)", [])
    ]
  }

  private static func api(_ key: String, _ value: String) -> Line {
    Line(table: .api, text: Setting(key, value).line)
  }

  package init(_ reason: String, _ lines: [Line]) {
    self.reason = reason
    self.lines = lines
  }
}
