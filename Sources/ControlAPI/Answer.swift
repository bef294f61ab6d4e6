import NIOHTTP1

/// A whole response, but for what each connection adds.
struct Answer {
  static let noStore = (name: "Cache-Control", value: "no-store")

  let status: HTTPResponseStatus
  let contentType: String
  let body: [UInt8]
  let headers: [(name: String, value: String)]

  init(
    _ status: HTTPResponseStatus, _ contentType: String, _ body: [UInt8],
    headers: [(name: String, value: String)] = [Answer.noStore]
  ) {
    self.status = status
    self.contentType = contentType
    self.body = body
    self.headers = headers
  }

  static func json(
    _ value: some Encodable, _ status: HTTPResponseStatus = .ok, headers: [(name: String, value: String)] = []
  ) -> Answer {
    Answer(status, "application/json", JSONDocument.bytes(value), headers: headers + [noStore])
  }
}
