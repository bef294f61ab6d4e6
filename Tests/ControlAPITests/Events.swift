import Testing

/// A subscription to events.
final class Events {
  struct Event: Equatable {
    var id: String?
    var name: String?
    var data = ""
    /// A comment, which clients ignore.
    var isComment = false
  }

  let wire: Wire
  private var text = ""

  init(_ socket: String, profile: String = "default", lastEventID: String? = nil) throws {
    wire = try Wire(path: socket)
    let last = lastEventID.map { ["Last-Event-ID: \($0)"] } ?? []
    try wire.ask("GET", "/v1/profiles/\(profile)/events", ["Host: localhost"] + last)
    let (status, headers) = try wire.responseHead()
    #expect(status == 200)
    #expect(headers["content-type"] == "text/event-stream")
    #expect(headers["cache-control"] == "no-store")
    #expect(headers["transfer-encoding"] == "chunked")
    #expect(try next() == Event())  // "retry:" alone
  }

  /// - Returns: `nil` at the end of the stream.
  func next() throws -> Event? {
    while true {
      if let end = text.firstRange(of: "\n\n") {
        let block = text[..<end.lowerBound]
        text = String(text[end.upperBound...])
        return Self.event(block)
      }
      guard let size = try wire.read(until: "\r\n"), let count = Int(size, radix: 16), count > 0,
        let chunk = try wire.read(count + 2)
      else { return nil }
      text += String(decoding: chunk.dropLast(2), as: UTF8.self)
    }
  }

  /// The next event of this kind.
  func next(_ name: String) throws -> Event {
    while true {
      let event = try #require(try next(), "the stream ended before a \(name) event")
      if event.name == name { return event }
    }
  }

  private static func event(_ block: Substring) -> Event {
    var event = Event()
    for line in block.split(separator: "\n") {
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      let value = line[colon...].dropFirst().drop { $0 == " " }
      switch line[..<colon] {
      case "id": event.id = String(value)
      case "event": event.name = String(value)
      case "data": event.data += value
      case "": event.isComment = true
      default: break
      }
    }
    return event
  }
}
