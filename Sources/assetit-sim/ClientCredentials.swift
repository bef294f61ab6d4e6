/// What the authenticate endpoint accepts.
struct ClientCredentials: Equatable, Sendable {
  var clientID: String
  var clientSecret: String
}

/// The body of an authenticate request.
struct AuthenticateBody: Decodable {
  let clientId: String
  let clientSecret: String
}
