/// The ways in which the authenticate endpoint may wrap a token.
enum TokenShape: String, Codable, CaseIterable, Sendable {
  case bare
  case jsonString = "json-string"
  case object
  case accessTokenSnake = "access_token"
  case accessTokenCamel = "accessToken"
  case jwt
  case nested
  /// An empty string and a null at the places before the token's.
  case emptyFirst = "empty-first"
  case prefixed
  case whitespace

  var contentType: String {
    switch self {
    case .bare, .prefixed, .whitespace: "text/plain"
    case .jsonString, .object, .accessTokenSnake, .accessTokenCamel, .jwt, .nested, .emptyFirst:
      "application/json"
    }
  }

  /// - Parameters:
  ///   - token: in base64url with dots, so that it needs no escapes in JSON.
  ///   - expiresIn: stands beside the token where that is in an object.
  func wrap(_ token: String, expiresIn: JSONValue? = nil) -> String {
    let extra = expiresIn.map { ",\"expires_in\":\($0.text)" } ?? ""
    return switch self {
    case .bare: token
    case .jsonString: "\"\(token)\""
    case .object: "{\"token\":\"\(token)\"\(extra)}"
    case .accessTokenSnake: "{\"access_token\":\"\(token)\"\(extra)}"
    case .accessTokenCamel: "{\"accessToken\":\"\(token)\"\(extra)}"
    case .jwt: "{\"jwt\":\"\(token)\"\(extra)}"
    case .nested: "{\"data\":{\"jwt_token\":\"\(token)\"}\(extra)}"
    case .emptyFirst: "{\"token\":\"\",\"accessToken\":null,\"jwt\":\"\(token)\"\(extra)}"
    case .prefixed: "JWT \(token)"
    case .whitespace: " \r\n\t\(token)\n\n "
    }
  }
}
