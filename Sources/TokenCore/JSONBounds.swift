/// Judges JSON from outside before a decoder sees it: FoundationEssentials' JSONDecoder traps on some deeply
/// nested inputs, although it limits nesting by itself.
package enum JSONBounds {
  /// The deepest nesting of objects and arrays that is taken.
  package static let deepest = 64

  /// Why a text is refused unread.
  package enum Fault: Error, Equatable, Sendable {
    case tooLong(limit: Int)
    case tooDeep(limit: Int)
  }

  /// Looks at brackets outside of strings only, so a text that passes may still be no JSON.
  ///
  /// - Parameter limit: bytes.
  /// - Throws: ``Fault`` where the text is longer, or nested deeper than ``deepest``.
  package static func check(_ text: some Collection<UInt8>, limit: Int) throws(Fault) {
    guard text.count <= limit else { throw .tooLong(limit: limit) }
    var depth = 0
    var isInString = false
    var isEscaped = false
    for byte in text {
      if isEscaped {
        isEscaped = false
      } else if isInString {
        isEscaped = byte == UInt8(ascii: "\\")
        isInString = byte != UInt8(ascii: "\"")
      } else {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        default: break
        }
        if depth > deepest { throw .tooDeep(limit: deepest) }
      }
    }
  }
}

extension JSONBounds.Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    }
  }
}
