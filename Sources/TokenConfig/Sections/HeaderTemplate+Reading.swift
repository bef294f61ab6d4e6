package import TokenCore

/// Reads a template: text with `{{header}}`, `{{token}}`, `{{expires_at}}` (RFC 3339) and `{{profile}}` in it.
/// Everything else is taken as it is; there is no way to write `{{` itself.
extension HeaderTemplate {
  /// What is wrong with a template, as the end of a sentence that names the file.
  package struct Fault: Error, Equatable, Sendable {
    package let text: String
  }

  /// - Throws: ``Fault``: an unknown name, one that has no end, or no token.
  package init(_ text: String) throws(Fault) {
    var pieces: [Piece] = []
    var rest = text[...]
    while let opening = rest.firstRange(of: "{{") {
      if opening.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<opening.lowerBound]))) }
      guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else {
        throw Fault(text: "has a \"{{\" without its \"}}\"")
      }
      let name = rest[opening.upperBound..<closing.lowerBound].trimmingSpaces
      guard let name = Name(rawValue: String(name)) else {
        let known = Name.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
        throw Fault(text: "has \(Quoted.text(String(name))) in it: only \(known) are known")
      }
      pieces.append(.name(name))
      rest = rest[closing.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    guard pieces.contains(where: { $0 == .name(.header) || $0 == .name(.token) }) else {
      throw Fault(text: "has neither {{header}} nor {{token}} in it")
    }
    self.init(pieces: pieces)
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    let start = drop { $0 == " " }
    return start.prefix(
      upTo: start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex)
  }
}
