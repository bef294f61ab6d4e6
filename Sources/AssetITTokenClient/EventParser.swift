/// Takes server-sent events apart (WHATWG HTML section 9.2.6), as the bytes of a stream come in.
struct EventParser {
  struct Event: Equatable {
    let name: String
    let data: String
  }

  /// Of one line, in bytes; what is longer is no event of this daemon.
  private static let longestLine = 1 << 20

  private(set) var lastID: String?
  /// How long to wait before coming back.
  private(set) var retry = Duration.seconds(2)
  private var line: [UInt8] = []
  private var name = ""
  private var data: [String] = []
  private var endedWithReturn = false

  /// Before another stream: what was half received is dropped.
  mutating func restart() {
    line = []
    name = ""
    data = []
    endedWithReturn = false
  }

  mutating func parse(_ bytes: [UInt8]) -> [Event] {
    var events: [Event] = []
    for byte in bytes {
      let followsReturn = endedWithReturn
      endedWithReturn = byte == UInt8(ascii: "\r")
      switch byte {
      case UInt8(ascii: "\n") where followsReturn: break
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        if let event = endLine() { events.append(event) }
      default:
        if line.count < Self.longestLine { line.append(byte) }
      }
    }
    return events
  }

  private mutating func endLine() -> Event? {
    let text = String(decoding: line, as: UTF8.self)
    line = []
    guard !text.isEmpty else { return endEvent() }
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    var value = text[colon...].dropFirst()
    if value.first == " " { value = value.dropFirst() }
    switch text[..<colon] {
    case "event": name = String(value)
    case "data": data.append(String(value))
    case "id": lastID = String(value)
    case "retry":
      if let milliseconds = Int64(value), 0...60_000 ~= milliseconds { retry = .milliseconds(milliseconds) }
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> Event? {
    defer {
      name = ""
      data = []
    }
    return data.isEmpty
      ? nil : Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
  }
}
