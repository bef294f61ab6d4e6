internal import TOMLKit

/// A TOML value, copied out of the parser: sections are read from this and never from TOMLKit's pointers.
enum TOMLNode {
  case string(String)
  case integer(Int)
  case float(Double)
  case boolean
  case date
  case array([TOMLNode])
  case table([String: TOMLNode])

  /// No setting lies deeper; what does is unknown anyway, and no depth of nesting may use up the stack.
  static let deepest = 8

  init(_ table: TOMLTable) {
    self = Self.copy(table, depth: 0)
  }

  private static func copy(_ table: TOMLTable, depth: Int) -> TOMLNode {
    guard depth < deepest else { return .table([:]) }
    var nodes: [String: TOMLNode] = [:]
    for key in table.keys {
      if let value = table[key] { nodes[key] = copy(value, depth: depth + 1) }
    }
    return .table(nodes)
  }

  private static func copy(_ value: any TOMLValueConvertible, depth: Int) -> TOMLNode {
    if let text = value.string { return .string(text) }
    if let number = value.int { return .integer(number) }
    if let number = value.double { return .float(number) }
    if let table = value.table { return copy(table, depth: depth) }
    if let array = value.array {
      return .array(depth < deepest ? array.map { copy($0, depth: depth + 1) } : [])
    }
    return value.bool == nil ? .date : .boolean
  }

  /// With its article, for messages.
  var typeName: String {
    switch self {
    case .string: "a string"
    case .integer, .float: "a number"
    case .boolean: "true or false"
    case .date: "a date or a time"
    case .array: "a list"
    case .table: "a table"
    }
  }
}
