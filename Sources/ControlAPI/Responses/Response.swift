import NIOHTTP1
import TokenCore

/// A whole response, but for what each connection adds.
struct Response {
  static let noStore = (name: "Cache-Control", value: "no-store")

  let status: HTTPResponseStatus
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  init(_ status: HTTPResponseStatus, headers: [(name: String, value: String)] = []) {
    self.status = status
    self.headers = headers + [Self.noStore]
    body = []
  }

  init(
    _ status: HTTPResponseStatus, _ contentType: String, _ body: [UInt8],
    headers: [(name: String, value: String)] = []
  ) {
    self.status = status
    self.headers = [("Content-Type", contentType)] + headers + [Self.noStore]
    self.body = body
  }

  static func json(
    _ value: some Encodable, _ status: HTTPResponseStatus = .ok, headers: [(name: String, value: String)] = []
  ) -> Response {
    Response(status, "application/json", JSONDocument.bytes(value), headers: headers)
  }
}

extension Response {
  /// A profile's header, in the form that was asked for, with its end.
  static func header(
    _ token: ProfileState.Token, as form: HeaderForm, _ clock: ClockReading
  ) -> Response {
    let expires = ("Expires", HTTPDate.text(clock.wall(token.deadline)))
    switch form {
    case .body:
      return Response(
        .ok, "text/plain; charset=us-ascii", token.header.bytes, headers: [expires])
    case .authorization:
      return Response(.noContent, headers: [("Authorization", token.header.latin1), expires])
    }
  }

  /// Answers the report of a refused header: here is another one.
  static func replacement(
    _ token: ProfileState.Token, _ state: ProfileState, _ clock: ClockReading
  ) -> Response {
    .json(
      StateDocument(state, clock),
      headers: [
        ("Authorization", token.header.latin1), ("Expires", HTTPDate.text(clock.wall(token.deadline))),
      ])
  }
}

/// Where a response carries the header.
enum HeaderForm {
  /// In its body.
  case body
  /// In its own `Authorization`, for a proxy's subrequest.
  case authorization
}

extension Secret {
  /// Of which a copy stays in memory.
  var bytes: [UInt8] { withBytes { $0.withUnsafeBytes { Array($0) } } }

  /// The value of a header field. What a token can hold is visible ASCII.
  var latin1: String { String(decoding: bytes, as: UTF8.self) }
}

extension ClockReading {
  /// Seconds since 1970 at `moment`, if nobody sets the clock.
  func wall(_ moment: BootTime) -> Double { timeOfDay + (moment - now).inSeconds }

  /// Whole seconds until `moment`, rounded up, at least 1: for `Retry-After`.
  func seconds(until moment: BootTime?) -> Int {
    guard let moment else { return 1 }
    let (seconds, fraction) = (moment - now).components
    return Int(clamping: max(1, fraction > 0 ? seconds &+ 1 : seconds))
  }
}
