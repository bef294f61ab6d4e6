/// Why somebody asks for a new token before its time.
package enum RefreshReason: Equatable, Sendable {
  /// An operator: SIGUSR1, or a `refresh` request.
  case requested
  /// A reader needs a header that is good for at least this long.
  case minimumValidity(Duration)
  /// AssetIT refused this token on a later call.
  case refused(Secret)
}
