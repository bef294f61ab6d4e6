/// An authenticate request as `GET /_sim/requests` shows it; never the secret.
struct LoggedRequest: Equatable, Sendable {
  /// Characters kept of what the client wrote.
  private static let textLimit = 200

  let at: Moment
  var status: Int?
  let userAgent: String?
  let clientID: String?
  let host: String?
  /// Authenticate requests in flight when this one came, itself included.
  let inFlight: Int

  init(_ request: Request, clientID: String?, inFlight: Int, at now: Moment) {
    at = now
    userAgent = request.headers["user-agent"].map { String($0.prefix(Self.textLimit)) }
    self.clientID = clientID.map { String($0.prefix(Self.textLimit)) }
    host = request.headers["host"].map { String($0.prefix(Self.textLimit)) }
    self.inFlight = inFlight
  }
}

extension LoggedRequest: Encodable {
  enum CodingKeys: String, CodingKey {
    case at, wall, status, host
    case userAgent = "user_agent"
    case clientID = "client_id"
    case inFlight = "in_flight"
  }

  // By hand, because what is absent is to be null and not left out.
  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(at.monotonic, forKey: .at)
    try object.encode(at.wall, forKey: .wall)
    try object.encode(status, forKey: .status)
    try object.encode(userAgent, forKey: .userAgent)
    try object.encode(clientID, forKey: .clientID)
    try object.encode(host, forKey: .host)
    try object.encode(inFlight, forKey: .inFlight)
  }
}
