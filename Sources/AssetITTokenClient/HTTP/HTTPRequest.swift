/// One request over a Unix socket.
struct HTTPRequest: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  let socketPath: String
  let method: Method
  /// With its query; begins with a slash.
  let path: String
  let fields: [String]
  let body: [UInt8]
  /// For the whole exchange; of a stream, for the head of the answer.
  let timeout: Duration

  init(
    socketPath: String, _ method: Method, _ path: String, fields: [String] = [], body: [UInt8] = [],
    timeout: Duration
  ) {
    self.socketPath = socketPath
    self.method = method
    self.path = path
    self.fields = fields
    self.body = body
    self.timeout = timeout
  }
}

/// A whole answer.
struct HTTPAnswer: Sendable {
  /// Of bytes of the body, and of the head; the daemon's are far shorter.
  static let limit = 1 << 20

  var status = 0
  /// Names in lower case.
  var fields: [String: String] = [:]
  var body: [UInt8] = []
}
