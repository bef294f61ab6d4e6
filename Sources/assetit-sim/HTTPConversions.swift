import NIOHTTP1

extension Request {
  init(_ head: HTTPRequestHead, body: [UInt8]) {
    let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
    self.init(
      method: head.method.rawValue, path: Request.path(ofTarget: head.uri),
      headers: Dictionary(headers) { first, _ in first }, body: body)
  }
}

extension HTTPResponseHead {
  /// - Parameter now: when the answer is sent, for the `Date` header.
  init(_ answer: Answer, for request: HTTPRequestHead, at now: Moment) {
    var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
    if let skew = answer.dateSkew {
      headers.add(name: "Date", value: HTTPDate.text(now.wall + Double(skew)))
    }
    headers.add(name: "Content-Length", value: String(answer.body.count))
    if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
    self.init(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
  }
}
