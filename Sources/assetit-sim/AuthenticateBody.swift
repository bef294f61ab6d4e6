import FoundationEssentials

/// The body of an authenticate request: a JSON object or a form.
struct AuthenticateBody: Equatable, Sendable {
  let clientId: String
  let clientSecret: String
  /// All fields, as text.
  let fields: [String: String]
  let isForm: Bool

  /// - Throws: ``Refusal``: 413, 415 or 400.
  static func read(_ request: Request) throws(Refusal) -> AuthenticateBody {
    guard request.body.count <= Request.bodyLimit else { throw .bodyTooLong }
    guard request.isJSON || request.isForm else {
      throw Refusal(415, "the content type must be application/json")
    }
    let fields = request.isForm ? form(request.body) : try json(request.body)
    guard let clientId = fields["clientId"], let clientSecret = fields["clientSecret"] else {
      throw Refusal(400, "the body must be a JSON object with the strings clientId and clientSecret")
    }
    return AuthenticateBody(
      clientId: clientId, clientSecret: clientSecret, fields: fields, isForm: request.isForm)
  }

  private static func json(_ body: [UInt8]) throws(Refusal) -> [String: String] {
    guard let object = try? JSONDecoder().decode([String: JSONValue].self, from: Data(body)) else {
      throw Refusal(400, "the body must be a JSON object with the strings clientId and clientSecret")
    }
    return object.compactMapValues { value in
      switch value {
      case .string(let text): text
      case .integer(let integer): "\(integer)"
      case .bool(let boolean): "\(boolean)"
      case .null, .number, .array, .object: nil
      }
    }
  }

  private static func form(_ body: [UInt8]) -> [String: String] {
    let pairs = body.split(separator: UInt8(ascii: "&")).map { pair in
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (decode(parts[0]), parts.count == 2 ? decode(parts[1]) : "")
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private static func decode(_ text: ArraySlice<UInt8>) -> String {
    var decoded: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      let code =
        byte == UInt8(ascii: "%") ? UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) : nil
      if let code {
        decoded.append(code)
        rest = rest.dropFirst(2)
      } else {
        decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
