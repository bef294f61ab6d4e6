/// The ways in which the authenticate endpoint may wrap a token.
enum TokenShape: String, Codable, CaseIterable, Sendable {
  case bare
  case jsonString = "json-string"
  case object
  case accessTokenSnake = "access_token"
  case accessTokenCamel = "accessToken"
  case jwt
  case nested
  case prefixed
  case whitespace

  var contentType: String {
    switch self {
    case .bare, .prefixed, .whitespace: "text/plain"
    case .jsonString, .object, .accessTokenSnake, .accessTokenCamel, .jwt, .nested: "application/json"
    }
  }

  /// - Parameter token: in base64url with dots, so that it needs no escapes in JSON.
  func wrap(_ token: String) -> String {
    switch self {
    case .bare: token
    case .jsonString: "\"\(token)\""
    case .object: "{\"token\":\"\(token)\"}"
    case .accessTokenSnake: "{\"access_token\":\"\(token)\"}"
    case .accessTokenCamel: "{\"accessToken\":\"\(token)\"}"
    case .jwt: "{\"jwt\":\"\(token)\"}"
    case .nested: "{\"data\":{\"jwt_token\":\"\(token)\"}}"
    case .prefixed: "JWT \(token)"
    case .whitespace: " \r\n\t\(token)\n\n "
    }
  }
}
