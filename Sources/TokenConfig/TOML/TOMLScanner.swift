/// Looks over a file before the parser does, for what toml++ 3.4 doesn't survive: it asserts (or, built
/// without assertions, reads on in an undefined way) on brackets that are followed by what can't follow
/// them, takes a string's `\u0000` for its end, and recurses once for each level of a dotted key. None of
/// these is a valid configuration.
///
/// It reads strings and comments as TOML does. After the first error it may read on wrongly, which does no
/// harm: the parser stops there too.
struct TOMLScanner {
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private var lineStart = 0
  /// Open brackets and braces, outside of section names.
  private var depth = 0
  private var dots = 0
  /// The last byte outside of strings, comments and white space; a line break where a key may begin.
  private var previous = UInt8(ascii: "\n")

  /// Both for brackets and for dotted keys; no setting needs more than four.
  private static let deepest = 32

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func scan() throws(SyntaxFault) {
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): index += 1
      case UInt8(ascii: "\n"): breakLine()
      case UInt8(ascii: "#"): skipComment()
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        guard try skipString() else { return }
        previous = UInt8(ascii: "\"")
      case UInt8(ascii: "[") where previous == UInt8(ascii: "\n"): try header()
      case let byte where byte < 0x20 || byte >= 0x7F:
        throw fault("only strings and comments may hold characters outside of visible ASCII")
      case let byte: try step(byte)
      }
    }
  }

  private func fault(_ text: String) -> SyntaxFault {
    // Columns count characters, as the parser's do.
    let column = String(decoding: bytes[lineStart..<min(index, bytes.count)], as: UTF8.self).unicodeScalars
      .count
    return SyntaxFault(place: "line \(line), column \(column + 1)", text: text)
  }

  private mutating func breakLine() {
    index += 1
    line += 1
    lineStart = index
    guard depth == 0 else { return }
    previous = UInt8(ascii: "\n")
    dots = 0
  }

  private mutating func skipComment() {
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
  }

  /// `[name]` or `[[name]]`: a name must follow.
  private mutating func header() throws(SyntaxFault) {
    index += 1
    if index < bytes.count, bytes[index] == UInt8(ascii: "[") { index += 1 }
    while index < bytes.count, [UInt8(ascii: " "), UInt8(ascii: "\t")].contains(bytes[index]) { index += 1 }
    guard index < bytes.count, Self.mayBeginName(bytes[index]) else {
      throw fault("a section's name is expected here, as in [profiles.default]")
    }
    previous = UInt8(ascii: ".")
    dots = 0
  }

  private static func mayBeginName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "\""),
      UInt8(ascii: "'"):
      true
    default: false
    }
  }

  private mutating func step(_ byte: UInt8) throws(SyntaxFault) {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      depth += 1
      dots = 0
    case UInt8(ascii: "}") where [UInt8(ascii: "["), UInt8(ascii: ",")].contains(previous):
      throw fault("a value is expected here, not \"}\"")
    case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
    case UInt8(ascii: "."): dots += 1
    case UInt8(ascii: ","), UInt8(ascii: "="): dots = 0
    default: break
    }
    guard depth <= Self.deepest, dots <= Self.deepest else { throw fault("nested too deeply") }
    previous = byte
    index += 1
  }

  /// - Returns: whether the string has an end.
  private mutating func skipString() throws(SyntaxFault) -> Bool {
    let quote = bytes[index]
    let isLong = bytes[index...].starts(with: [quote, quote, quote])
    index += isLong ? 3 : 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""):
        let escape = bytes[(index + 1)...]
        if escape.starts(with: "u0000".utf8) || escape.starts(with: "U00000000".utf8) {
          throw fault("a string may not hold NUL")
        }
        index += 1
        if index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: "\n"):
        guard isLong else { return false }
        index += 1
        line += 1
        lineStart = index
      case quote:
        let run = bytes[index...].prefix(isLong ? 5 : 1).prefix { $0 == quote }.count
        index += run
        if !isLong || run >= 3 { return true }
      default: index += 1
      }
    }
    return false
  }
}
