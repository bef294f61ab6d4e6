/// Something odd about an answer that was understood all the same; an operator is told once.
package enum AnswerRemark: Hashable, Sendable {
  /// This claim counts milliseconds and not seconds.
  case milliseconds(claim: String)
  /// This claim is a string of digits and not a number.
  case digits(claim: String)
  /// `iat` or `nbf` is no date, so it counts as absent.
  case unusableClaim(String)
  /// `expires_in` or `expiresIn` is no number of seconds from 1 to a year, so it counts as absent.
  case unusableExpiresIn
  /// The service's `Date` is more than a day from both this host's clock and `iat`, so it isn't believed.
  case unbelievableDate
}

extension AnswerRemark: CustomStringConvertible {
  package var description: String {
    switch self {
    case .milliseconds(let claim):
      "the token's \(claim) is in milliseconds, which no JWT should say (RFC 7519): it is read as such"
    case .digits(let claim):
      "the token's \(claim) is a string and no number: its digits are read as seconds"
    case .unusableClaim(let claim):
      "the token's \(claim) is no date, so it is taken as missing"
    case .unusableExpiresIn:
      "expires_in beside the token is no number of seconds from 1 to 31536000, so it is taken as missing"
    case .unbelievableDate:
      "the service's Date is more than a day from this host's clock and from the token's iat, so it isn't"
        + " believed: have the service's clock set"
    }
  }
}
