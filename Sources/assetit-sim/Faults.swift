/// What is wrong with the service, as `PUT /_sim/faults` sets it. Everything absent is as it should be.
struct Faults: Codable, Equatable, Sendable {
  /// How many more authenticate requests this holds for; absent: until it is replaced.
  var times: Int?

  /// From 300 on in place of the token; below, with it.
  var status: Int?
  var retryAfter: HeaderValue?
  /// Seconds before whatever follows.
  var delay: Double?
  var hang: Bool?
  var reset: Bool?
  var close: Bool?

  /// Random bytes in place of the token.
  var garbage: Bool?
  var body: String?
  var contentType: HeaderValue?
  /// That many bytes in place of the token.
  var oversized: Int?
  /// A login page in place of the token.
  var html: Bool?
  /// `Location`; the status is 302 unless `status` says another.
  var redirect: HeaderValue?
  /// Bytes of body per second.
  var slowBody: Double?
  /// The body wrapped, asked for or not.
  var encoding: ContentCoding?
  /// The connection ends after half of the body.
  var cut: Bool?

  /// Seconds added to `Date`.
  var dateSkew: Int?
  var noDate: Bool?
  var age: HeaderValue?

  /// Seconds; of the tokens issued while this holds.
  var lifetime: Int?
  /// Seconds added to the claim alone: how long the token is accepted doesn't change.
  var expSkew: Int?
  var iatSkew: Int?
  var withoutExp: Bool?
  var withoutIat: Bool?
  /// `nbf`, that many seconds after the token was issued.
  var nbfSkew: Int?
  /// How `exp` is written.
  var expAs: ExpiryForm?
  /// Merged over the claims.
  var claims: [String: JSONValue]?
  /// Bytes of one more claim.
  var tokenPadding: Int?
  /// The token issued last, once more.
  var sameToken: Bool?
  var shape: TokenShape?
  /// Beside the token, in an object.
  var expiresIn: JSONValue?

  /// Only a form is taken; anything else is a 415.
  var requireForm: Bool?
  /// Fields of the body, as text, without which the answer is a 400.
  var requireFields: [String: String]?
  /// Headers, by lower-case name, without which the answer is a 403.
  var requireHeaders: [String: String]?

  init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case times, status, delay, hang, reset, close, garbage, body, oversized, html, redirect, age, lifetime
    case claims, shape, encoding, cut
    case retryAfter = "retry_after"
    case contentType = "content_type"
    case slowBody = "slow_body"
    case dateSkew = "date_skew"
    case noDate = "no_date"
    case expSkew = "exp_skew"
    case iatSkew = "iat_skew"
    case withoutExp = "without_exp"
    case withoutIat = "without_iat"
    case nbfSkew = "nbf_skew"
    case expAs = "exp_as"
    case expiresIn = "expires_in"
    case requireForm = "require_form"
    case requireFields = "require_fields"
    case requireHeaders = "require_headers"
    case tokenPadding = "token_padding"
    case sameToken = "same_token"
  }
}

/// The ways in which services that don't follow RFC 7519 write `exp`.
enum ExpiryForm: String, Codable, CaseIterable, Sendable {
  case milliseconds
  case string
  case fraction
  case null

  func write(_ seconds: Int64) -> JSONValue {
    switch self {
    case .milliseconds: .integer(seconds * 1000)
    case .string: .string("\(seconds)")
    case .fraction: .number(Double(seconds) + 0.5)
    case .null: .null
    }
  }
}

extension Faults: ControlBody {
  func validate() throws(Refusal) {
    // To 1970 and back.
    let farAway = -4_000_000_000...4_000_000_000
    try check(.times, times, within: 1...1_000_000_000)
    try check(.status, status, within: redirect == nil ? 200...599 : 300...399)
    try check(.delay, delay, within: 0...86_400)
    try check(.oversized, oversized, within: 0...64 * 1024 * 1024)
    try check(.slowBody, slowBody, within: 0.01...1e9)
    try check(.dateSkew, dateSkew, within: farAway)
    try check(.lifetime, lifetime, within: farAway)
    try check(.expSkew, expSkew, within: farAway)
    try check(.iatSkew, iatSkew, within: farAway)
    try check(.nbfSkew, nbfSkew, within: farAway)
    try check(.tokenPadding, tokenPadding, within: 0...1024 * 1024)

    let contradictions: [[(key: CodingKeys, isSet: Bool)]] = [
      [(.hang, hang == true), (.reset, reset == true), (.close, close == true)],
      [
        (.garbage, garbage == true), (.body, body != nil), (.oversized, oversized != nil),
        (.html, html == true), (.shape, shape != nil),
      ],
    ]
    for choice in contradictions {
      let set = choice.filter(\.isSet).map(\.key.rawValue)
      if set.count > 1 { throw Refusal(400, "\(set.joined(separator: " and ")) exclude one another") }
    }
  }

  private func check<Value>(
    _ key: CodingKeys, _ value: Value?, within range: ClosedRange<Value>
  ) throws(Refusal) {
    guard let value, !range.contains(value) else { return }
    throw Refusal(400, "\(key.rawValue): must be between \(range.lowerBound) and \(range.upperBound)")
  }
}
