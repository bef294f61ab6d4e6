internal import TOMLKit

/// Where a file isn't TOML, and why; never with a piece of the file.
struct SyntaxFault: Error {
  let place: String?
  let text: String
}

/// From bytes to TOML values.
enum TOMLSyntax {
  static func parse(_ bytes: [UInt8]) throws(SyntaxFault) -> [String: TOMLNode] {
    let text = try text(bytes)
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      let begin = error.source.begin
      throw SyntaxFault(
        place: "line \(begin.line), column \(begin.column)", text: explanation(of: error.description))
    } catch {
      throw SyntaxFault(place: nil, text: "is not TOML")
    }
    // TOMLKit never frees a table; emptying it gives most of that back.
    defer { table.clear() }
    guard case .table(let nodes) = TOMLNode(table) else { return [:] }
    return nodes
  }

  /// The parser's own messages quote the file, which may hold a secret right there; these don't.
  private static func explanation(of message: String) -> String {
    "is not TOML"
  }

  private static func text(_ bytes: [UInt8]) throws(SyntaxFault) -> String {
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      if line.contains(0) { throw SyntaxFault(place: "line \(index + 1)", text: "holds a NUL byte") }
      if String(validating: line, as: UTF8.self) == nil {
        throw SyntaxFault(place: "line \(index + 1)", text: "is not UTF-8 text")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
