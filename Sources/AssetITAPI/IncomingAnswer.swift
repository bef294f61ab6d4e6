/// Collects an answer as it comes, and no more of it than the limit.
struct IncomingAnswer {
  private let limit: Int
  private(set) var headers = ServiceHeaders()
  private(set) var body: [UInt8] = []
  /// The body, or all header lines together, went over the limit.
  private(set) var isOversized = false
  private var headerSize = 0
  private var isHeaderDone = false

  /// - Parameter limit: bytes of body, and of header.
  init(limit: Int) {
    self.limit = limit
  }

  /// Returns false where the transfer is to stop.
  mutating func add(body bytes: UnsafeRawBufferPointer) -> Bool {
    isOversized = isOversized || body.count + bytes.count > limit
    if !isOversized { body.append(contentsOf: bytes) }
    return !isOversized
  }

  /// One line with its end, as libcurl hands it over. Interim answers (1xx) come before the one that counts,
  /// trailers after its body.
  ///
  /// Returns false where the transfer is to stop.
  mutating func add(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
    headerSize += bytes.count
    isOversized = isOversized || headerSize > limit
    guard !isOversized else { return false }
    if bytes.starts(with: "HTTP/".utf8) {
      headers = ServiceHeaders()
      isHeaderDone = false
    } else if bytes.first == UInt8(ascii: "\r") || bytes.first == UInt8(ascii: "\n") {
      isHeaderDone = true
    } else if !isHeaderDone {
      let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
      headers.add(line: String(decoding: line, as: UTF8.self))
    }
    return true
  }
}
