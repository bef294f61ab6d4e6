/// What ``TokenClient/events`` tells.
public enum TokenEvent: Hashable, Sendable {
  /// How the profile is doing now.
  case state(ProfileStatus)
  /// The header to use from now on.
  case header(AuthorizationHeader)
  /// The daemon can't be heard at the moment; the sequence goes on trying. The header stays good to its end.
  case interrupted(TokenClientError)
}
