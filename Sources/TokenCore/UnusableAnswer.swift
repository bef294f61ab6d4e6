/// What is wrong with an answer of 2xx that brought no usable token.
package enum UnusableAnswer: Error, Equatable, Sendable {
  case empty
  /// More than the limit of 64 KiB.
  case oversized(limit: Int)
  /// A web page: usually a login page or a gateway in between.
  case html
  /// Neither a bare token nor JSON.
  case notText
  /// JSON that is nested deeper than any answer should be.
  case nested(limit: Int)
  /// JSON without a string where the token was looked for (JSON pointers, RFC 6901).
  case noToken(lookedAt: [String])
  /// Control characters, spaces, or characters outside of ASCII in the token.
  case forbiddenCharacters
  /// Not three base64url parts (RFC 7519 section 3).
  case notJWT
  /// The claims are no JSON object, or `exp` is no date.
  case badClaims(reason: String)
  /// The token has expired already by the service's own clock, or by this host's where nothing contradicts it.
  case expired
  /// `Date` and this host's clock (seconds since 1970) are more than a day apart, the token has no `iat`, and by one of
  /// the two it has expired.
  case clocksDisagree(service: Int64, local: Int64)
  /// `exp` is more than ten years ahead.
  case tooFarAhead
  /// Compressed in a way that can't be read.
  case encoding(reason: String)
  /// `nbf` isn't before the token's end.
  case neverValid
  /// The same bytes as the token before it.
  case sameToken
}

extension UnusableAnswer: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty:
      "the answer is empty: check authenticate_path"
    case .oversized(let limit):
      "the answer is longer than \(limit) bytes: check authenticate_path"
    case .html:
      "the answer is a web page and not a token: check base_url and authenticate_path, and any gateway between"
    case .notText:
      "the answer is neither a token nor JSON: check authenticate_path"
    case .nested(let limit):
      "the answer is JSON nested deeper than \(limit) levels: check authenticate_path"
    case .noToken(let pointers):
      "the answer holds no token at \(pointers.joined(separator: ", ")): set token_pointer to where it is"
    case .forbiddenCharacters:
      "the token in the answer holds characters that no header may hold"
    case .notJWT:
      "the token in the answer is no JWT (three base64url parts): if AssetIT really issues such tokens, set"
        + " token_format = \"opaque\""
    case .badClaims(let reason):
      "the token's claims cannot be used (\(reason)): if AssetIT really issues such tokens, set"
        + " token_format = \"opaque\", with their lifetime in assumed_lifetime"
    case .expired:
      "the token in the answer has expired already"
    case .clocksDisagree(let service, let local):
      "the token in the answer has expired by one of two clocks that are more than a day apart: the service's"
        + " shows \(Timestamp.text(Double(service))), this host's \(Timestamp.text(Double(local))): set the one that"
        + " is wrong"
    case .tooFarAhead:
      "the token in the answer expires in more than ten years, which cannot be meant: if AssetIT really issues"
        + " such tokens, set token_format = \"opaque\", with their lifetime in assumed_lifetime"
    case .encoding(let reason):
      "the answer is compressed in a way that cannot be read (\(reason)): check any gateway between"
    case .neverValid:
      "the token in the answer becomes valid (nbf) only when it has ended"
    case .sameToken:
      "the service sent the same token again instead of a new one"
    }
  }
}
