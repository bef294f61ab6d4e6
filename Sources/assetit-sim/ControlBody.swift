import FoundationEssentials

/// The body of a control request: keys that it doesn't know are refused, so that a typing error in a test
/// doesn't pass for a fault that was survived.
protocol ControlBody: Decodable {
  associatedtype CodingKeys: CodingKey & CaseIterable

  /// - Throws: ``Refusal`` (400) where a value is out of range.
  func validate() throws(Refusal)
}

extension ControlBody {
  /// - Throws: ``Refusal`` (400) with a sentence that names the key.
  static func read(_ body: [UInt8]) throws(Refusal) -> Self {
    let result: Self
    do {
      let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(body))
      let known = CodingKeys.allCases.map(\.stringValue)
      if let unknown = object.keys.sorted().first(where: { !known.contains($0) }) {
        throw Refusal(400, "unknown key \(unknown); known are \(known.joined(separator: ", "))")
      }
      result = try JSONDecoder().decode(Self.self, from: Data(body))
    } catch let refusal as Refusal {
      throw refusal
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context)
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw Refusal(400, path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)")
    } catch {
      throw Refusal(400, "the body is not a JSON object")
    }
    try result.validate()
    return result
  }
}
