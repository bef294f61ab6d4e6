/// What the parsing process says: a byte for the kind, then what belongs to it. All numbers are little-endian; a text or
/// a list begins with its length in four bytes.
enum TOMLMessage: Equatable {
  case document([String: TOMLNode])
  /// `line`, `column`: from 1; 0 where the parser doesn't know.
  case fault(line: UInt32, column: UInt32, text: String)

  /// The longest message, in bytes. A list of one-digit numbers, the worst case, takes nine bytes for its two in the file.
  static let limit = 5 * SettingRanges.configurationBytes + 65_536

  private enum Kind: UInt8 {
    case document = 0x44
    case fault = 0x46
  }

  private enum Tag: UInt8 {
    case string, integer, float, no, yes, date, array, table
  }

  // MARK: Writing

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .document(let nodes):
      bytes.append(Kind.document.rawValue)
      Self.append(.table(nodes), to: &bytes)
    case .fault(let line, let column, let text):
      bytes.append(Kind.fault.rawValue)
      Self.append(number: line, to: &bytes)
      Self.append(number: column, to: &bytes)
      Self.append(text: text, to: &bytes)
    }
    return bytes
  }

  private static func append(_ node: TOMLNode, to bytes: inout [UInt8]) {
    switch node {
    case .string(let text):
      bytes.append(Tag.string.rawValue)
      append(text: text, to: &bytes)
    case .integer(let value):
      bytes.append(Tag.integer.rawValue)
      append(number: UInt64(bitPattern: value), to: &bytes)
    case .float(let value):
      bytes.append(Tag.float.rawValue)
      append(number: value.bitPattern, to: &bytes)
    case .boolean(let value): bytes.append((value ? Tag.yes : Tag.no).rawValue)
    case .date: bytes.append(Tag.date.rawValue)
    case .array(let nodes):
      bytes.append(Tag.array.rawValue)
      append(number: UInt32(clamping: nodes.count), to: &bytes)
      for node in nodes { append(node, to: &bytes) }
    case .table(let nodes):
      bytes.append(Tag.table.rawValue)
      append(number: UInt32(clamping: nodes.count), to: &bytes)
      for (key, node) in nodes {
        append(text: key, to: &bytes)
        append(node, to: &bytes)
      }
    }
  }

  private static func append(text: String, to bytes: inout [UInt8]) {
    append(number: UInt32(clamping: text.utf8.count), to: &bytes)
    bytes += text.utf8
  }

  private static func append(number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  // MARK: Reading

  /// - Returns: `nil` for anything but a whole message: the other process may have read a hostile file.
  init?(bytes: [UInt8]) {
    guard bytes.count <= Self.limit else { return nil }
    var reader = Reader(rest: bytes[...])
    guard let kind = reader.byte().flatMap(Kind.init), let message = reader.message(kind), reader.rest.isEmpty
    else { return nil }
    self = message
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func message(_ kind: Kind) -> TOMLMessage? {
      switch kind {
      case .document:
        guard case .table(let nodes)? = node(depth: 0) else { return nil }
        return .document(nodes)
      case .fault:
        guard let line = number(UInt32.self), let column = number(UInt32.self), let text = text() else {
          return nil
        }
        return .fault(line: line, column: column, text: text)
      }
    }

    /// The depth bounds the recursion.
    mutating func node(depth: Int) -> TOMLNode? {
      guard depth <= TOMLNode.deepest, let tag = byte().flatMap(Tag.init) else { return nil }
      switch tag {
      case .string: return text().map { .string($0) }
      case .integer: return number(UInt64.self).map { .integer(Int64(bitPattern: $0)) }
      case .float: return number(UInt64.self).map { .float(Double(bitPattern: $0)) }
      case .no: return .boolean(false)
      case .yes: return .boolean(true)
      case .date: return .date
      case .array:
        guard let count = count() else { return nil }
        var nodes: [TOMLNode] = []
        for _ in 0..<count {
          guard let node = node(depth: depth + 1) else { return nil }
          nodes.append(node)
        }
        return .array(nodes)
      case .table:
        guard let count = count() else { return nil }
        var nodes: [String: TOMLNode] = [:]
        for _ in 0..<count {
          guard let key = text(), let node = node(depth: depth + 1) else { return nil }
          nodes[key] = node
        }
        return .table(nodes)
      }
    }

    /// Each element takes at least one byte.
    private mutating func count() -> Int? {
      guard let count = number(UInt32.self), count <= rest.count else { return nil }
      return Int(count)
    }

    private mutating func text() -> String? {
      guard let count = count() else { return nil }
      let bytes = rest.prefix(count)
      rest = rest.dropFirst(count)
      return String(validating: bytes, as: UTF8.self)
    }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
      let size = MemoryLayout<Number>.size
      guard rest.count >= size else { return nil }
      let value = rest.prefix(size).reversed().reduce(Number.zero) { $0 << 8 | Number($1) }
      rest = rest.dropFirst(size)
      return value
    }
  }
}
