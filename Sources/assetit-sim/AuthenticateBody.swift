/// The body of an authenticate request.
struct AuthenticateBody: Decodable {
  let clientId: String
  let clientSecret: String
}
