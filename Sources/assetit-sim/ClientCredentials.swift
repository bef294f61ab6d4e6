/// What the authenticate endpoint accepts.
struct ClientCredentials: Equatable, Sendable {
  var clientID: String
  var clientSecret: String
}
