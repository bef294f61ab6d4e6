internal import TokenCore

/// From the bytes of a file to TOML values.
///
/// toml++ 3.4, behind TOMLKit, ends its process on some malformed files (it asserts, and without assertions it would read
/// past the end), takes an unbounded stack for others, and never frees a table. So another process does the parsing: this
/// program once more, with nothing but the file, bounded in time and memory.
struct TOMLSyntax {
  let program: TOMLProgram
  /// For finding the line where the parser died.
  private static let searchLimit = Duration.seconds(2)

  /// - Throws: ``SyntaxFault`` for the first thing that isn't TOML.
  func parse(_ bytes: [UInt8]) throws(SyntaxFault) -> [String: TOMLNode] {
    try Self.requireText(bytes)
    let deadline = ContinuousClock.now + TOMLProgram.limit
    switch program.run(bytes, until: deadline) {
    case .message(.document(let nodes)): return nodes
    case .message(.fault(let line, let column, let text)):
      let place = line == 0 ? nil : "line \(line), column \(column)"
      // Its own words, but from a process that has read a file of any content.
      throw SyntaxFault(place: place, text: Printable.text(text, limit: 200))
    case .died:
      let place = crashPlace(bytes, until: min(deadline, ContinuousClock.now + Self.searchLimit))
      throw SyntaxFault(place: place, text: "is not TOML: the parser could not go on here")
    case .exhausted:
      throw SyntaxFault(
        place: nil, text: "takes more than \(TOMLWorker.processorSeconds) s to read as TOML: make it shorter")
    case .failed(let reason):
      throw SyntaxFault(place: nil, text: "can't be read as TOML now: \(reason)", isTemporary: true)
    }
  }

  /// The line that ends the parser: that of the shortest beginning of the file that does. Some fifteen tries for a file of
  /// any length; those that time doesn't suffice for leave a range of lines.
  private func crashPlace(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) -> String {
    let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") } + [bytes.count]
    var (survived, died) = (0, ends.count)
    while died - survived > 1, ContinuousClock.now < deadline {
      let middle = (survived + died) / 2
      // With its line break: without it, the parser may meet the end of the file instead.
      let beginning = bytes.prefix(ends[middle - 1] + 1)
      if case .died = program.run(Array(beginning), until: deadline) {
        died = middle
      } else {
        survived = middle
      }
    }
    return died - survived > 1 ? "lines \(survived + 1) to \(died)" : "line \(died)"
  }

  /// TOML is UTF-8 (TOML 1.0, Spec). The parser passes strings on in C's way, where they end at a NUL, so that not even an
  /// escape for one may be there.
  private static func requireText(_ bytes: [UInt8]) throws(SyntaxFault) {
    if String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0), !holdsNULEscape(bytes[...]) {
      return
    }
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      let place = "line \(index + 1)"
      if line.contains(0) { throw SyntaxFault(place: place, text: "holds a NUL byte") }
      if String(validating: line, as: UTF8.self) == nil {
        throw SyntaxFault(place: place, text: "is not UTF-8 text")
      }
      if holdsNULEscape(line) { throw SyntaxFault(place: place, text: "a string may not hold NUL") }
    }
  }

  private static func holdsNULEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
    var index = bytes.startIndex
    while let backslash = bytes[index...].firstIndex(of: UInt8(ascii: "\\")) {
      let escape = bytes[backslash...].dropFirst()
      if escape.starts(with: "u0000".utf8) || escape.starts(with: "U00000000".utf8) { return true }
      index = min(backslash + 2, bytes.endIndex)
    }
    return false
  }
}
