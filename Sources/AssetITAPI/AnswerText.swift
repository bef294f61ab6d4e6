internal import TokenCore

/// An answer's body, told apart by its bytes: services and frameworks put any `Content-Type` on a token.
enum AnswerText: Equatable {
  case empty
  case page
  case json(JSONValue)
  /// UTF-8 without white space around it.
  case plain(ArraySlice<UInt8>)
  /// Neither UTF-8 nor JSON.
  case unreadable
  case nested(limit: Int)

  init(_ body: [UInt8]) {
    let text = Self.trim(body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...])
    guard let first = text.first else {
      self = .empty
      return
    }
    if first == UInt8(ascii: "<") {
      self = .page
    } else if Self.isJSON(text) {
      do throws(JSONValue.Failure) {
        self = .json(try JSONValue(text, limit: TokenReader.limit))
      } catch {
        if case .bounds(.tooDeep(let limit)) = error {
          self = .nested(limit: limit)
        } else {
          self = .unreadable
        }
      }
    } else {
      self = String(validating: text, as: UTF8.self) == nil ? .unreadable : .plain(text)
    }
  }

  /// Whether it is a page that a browser would show, and not XML.
  static func isHTML(_ body: [UInt8]) -> Bool {
    guard AnswerText(body) == .page else { return false }
    let start = String(decoding: body.prefix(4096), as: UTF8.self).lowercased()
    return ["<!doctype html", "<html", "<head", "<body", "<title"].contains { start.contains($0) }
  }

  /// Objects, arrays and strings by their first byte. Of the other values only the literals can be mistaken
  /// for a token, and never are one.
  private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool {
    switch text.first {
    case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): true
    default: ["null", "true", "false"].contains { text.elementsEqual($0.utf8) }
    }
  }

  /// Without spaces, tabs and line ends around it.
  static func trim(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    let tail = text.drop(while: isSpace)
    guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return [] }
    return tail[...last]
  }
}
