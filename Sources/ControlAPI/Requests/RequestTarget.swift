import NIOHTTP1

/// A request's target, taken apart (RFC 9112 section 3.2): in origin form or absolute form.
struct RequestTarget {
  /// Of the absolute form: host and port.
  let authority: String?
  /// Decoded segments; a slash at the end makes an empty one.
  let path: [String]
  /// Decoded, in order.
  let query: [(name: String, value: String)]

  /// - Throws: 400 where an escape is damaged or the text is no target.
  init(_ text: String) throws(Problem) {
    var rest = text[...]
    if !rest.hasPrefix("/") {
      guard rest.lowercased().hasPrefix("http://") else {
        throw Problem(.badRequest, "the request's target must begin with a slash")
      }
      let location = rest.dropFirst("http://".count)
      rest = location[(location.firstIndex { $0 == "/" || $0 == "?" } ?? location.endIndex)...]
      authority = String(location[..<rest.startIndex])
      // An http URI has a host (RFC 9110 section 4.2.1).
      guard !location.hasPrefix("/"), location.startIndex < rest.startIndex else {
        throw Problem(.badRequest, "the request's target must have a host after http://")
      }
    } else {
      authority = nil
    }
    let mark = rest.firstIndex(of: "?") ?? rest.endIndex
    var path: [String] = []
    for part in rest[..<mark].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      path.append(try Self.decode(part.utf8, plusIsSpace: false))
    }
    self.path = path
    var query: [(String, String)] = []
    for pair in rest[mark...].dropFirst().split(separator: "&") {
      let equals = pair.firstIndex(of: "=") ?? pair.endIndex
      let name = try Self.decode(pair[..<equals].utf8, plusIsSpace: true)
      query.append((name, try Self.decode(pair[equals...].dropFirst().utf8, plusIsSpace: true)))
    }
    self.query = query
  }

  private static func decode(
    _ text: some Collection<UInt8>, plusIsSpace: Bool
  ) throws(Problem) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
          throw Problem(.badRequest, "the request's target holds a damaged escape")
        }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
