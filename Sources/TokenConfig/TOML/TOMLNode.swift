/// A TOML value, as plain data: sections are read from this and never from the parser's own.
enum TOMLNode: Equatable {
  case string(String)
  case integer(Int64)
  case float(Double)
  case boolean(Bool)
  /// No setting is one, so its value isn't kept.
  case date
  case array([TOMLNode])
  case table([String: TOMLNode])

  /// No setting lies deeper; what does is unknown anyway, and no depth of nesting may use up the stack.
  static let deepest = 8

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
