internal import Glibc
internal import LinuxSystem
internal import TOMLKit

/// The other side of ``TOMLProgram``: a process that reads TOML from standard input, writes a ``TOMLMessage`` to standard
/// output, and ends. Whatever toml++ does with a malformed file, it does to this process alone.
package enum TOMLWorker {
  /// The only argument of such a process. No command has this name, so that it isn't called by hand.
  static let argument = "parse-toml"

  /// A configuration of 4 MiB takes less than one.
  static let processorSeconds: UInt = 5

  /// Does the work and ends the process if it was started for it. To be called before anything else.
  package static func serveIfAsked() {
    guard CommandLine.arguments.count == 2, CommandLine.arguments[1] == argument else { return }
    exit(serve() ? EXIT_SUCCESS : EXIT_FAILURE)
  }

  private static func serve() -> Bool {
    guard ProcessLimits.confineToComputing(memory: 1 << 30, processorSeconds: processorSeconds),
      let text = readAll(limit: SettingRanges.configurationBytes)
    else { return false }
    let bytes = message(text).bytes
    return bytes.withUnsafeBytes { (try? StandardStreams.write($0)) != nil }
  }

  private static func readAll(limit: Int) -> String? {
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var filled = 0
    while filled <= limit {
      let room = filled...limit
      let count = bytes[room].withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count == 0 { return String(validating: bytes[..<filled], as: UTF8.self) }
      if count < 0, errno != EINTR { return nil }
      filled += max(0, count)
    }
    return nil
  }

  private static func message(_ text: String) -> TOMLMessage {
    do {
      let table = try TOMLTable(string: text)
      guard case .table(let nodes) = copy(table, depth: 0) else { return .document([:]) }
      return .document(nodes)
    } catch let error as TOMLParseError {
      let begin = error.source.begin
      return .fault(
        line: UInt32(clamping: begin.line), column: UInt32(clamping: begin.column),
        text: TOMLExplanation.of(error.description))
    } catch {
      return .fault(line: 0, column: 0, text: "is not TOML")
    }
  }

  private static func copy(_ table: TOMLTable, depth: Int) -> TOMLNode {
    guard depth < TOMLNode.deepest else { return .table([:]) }
    var nodes: [String: TOMLNode] = [:]
    for key in table.keys {
      if let value = table[key] { nodes[key] = copy(value, depth: depth + 1) }
    }
    return .table(nodes)
  }

  private static func copy(_ value: any TOMLValueConvertible, depth: Int) -> TOMLNode {
    if let text = value.string { return .string(text) }
    if let number = value.int { return .integer(Int64(number)) }
    if let number = value.double { return .float(number) }
    if let table = value.table { return copy(table, depth: depth) }
    if let array = value.array {
      return .array(depth < TOMLNode.deepest ? array.map { copy($0, depth: depth + 1) } : [])
    }
    return value.bool.map { .boolean($0) } ?? .date
  }
}
