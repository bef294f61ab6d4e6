import FoundationEssentials

/// A response before it is sent.
struct Answer: Equatable, Sendable {
  struct Header: Equatable, Sendable {
    let name: String
    let value: String
  }

  var status: Int
  /// All but `Date`, `Content-Length` and `Connection`.
  var headers: [Header]
  var body: [UInt8]
  /// Seconds added to the time at which it is sent, for the `Date` header; `nil`: no such header.
  var dateSkew: Int? = 0
  /// The connection ends after half of the body.
  var isCut = false

  init(_ status: Int, contentType: String? = nil, body: some Sequence<UInt8> = []) {
    self.status = status
    headers = contentType.map { [Header(name: "Content-Type", value: $0)] } ?? []
    self.body = Array(body)
  }

  /// - Throws: ``Refusal`` (500) where the value can't be written as JSON.
  static func json(_ value: some Encodable) throws(Refusal) -> Answer {
    do {
      return Answer(200, contentType: "application/json", body: try JSONEncoder.stable.encode(value))
    } catch {
      throw Refusal(500, "cannot write the answer as JSON")
    }
  }

  func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }

  mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    headers.append(Header(name: name, value: value))
  }
}

extension JSONEncoder {
  /// The same bytes for the same value.
  static var stable: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
