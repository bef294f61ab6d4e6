/// A TCP address on this host alone, in one form however it was spelled, so that two spellings are no change.
package struct LoopbackAddress: Equatable, Sendable, CustomStringConvertible {
  package enum Host: Equatable, Sendable {
    /// 127.0.0.0/8, the last three bytes.
    case version4(UInt8, UInt8, UInt8)
    /// `::1`
    case version6
  }

  /// Why a text is no such address.
  package enum Fault: Error, Equatable, Sendable {
    case malformed
    case notLoopback
  }

  package let host: Host
  package let port: UInt16

  /// `text`: `HOST:PORT`, where HOST is `localhost`, an IPv4 address in four decimal numbers, or an IPv6 address in
  /// square brackets (RFC 4291 section 2.2).
  ///
  /// - Throws: ``Fault``.
  package init(_ text: String) throws(Fault) {
    guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
      throw .malformed
    }
    self.port = port
    let name = text[..<colon].lowercased()
    if name == "localhost" {
      host = .version4(0, 0, 1)
    } else if name.hasPrefix("["), name.hasSuffix("]") {
      let groups = try Self.groups(name.dropFirst().dropLast())
      guard groups == [0, 0, 0, 0, 0, 0, 0, 1] else { throw .notLoopback }
      host = .version6
    } else {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      let bytes = parts.compactMap { part in part.utf8.allSatisfy(Self.isDigit) ? UInt8(part) : nil }
      guard parts.count == 4, bytes.count == 4 else { throw .malformed }
      guard bytes[0] == 127 else { throw .notLoopback }
      host = .version4(bytes[1], bytes[2], bytes[3])
    }
  }

  package var description: String {
    switch host {
    case .version4(let second, let third, let fourth): "127.\(second).\(third).\(fourth):\(port)"
    case .version6: "[::1]:\(port)"
    }
  }

  private static func port(_ text: Substring) -> UInt16? {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let port = UInt16(text), port > 0 else { return nil }
    return port
  }

  private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

  /// The eight groups of an IPv6 address; `::` stands for as many zeros as are missing.
  private static func groups(_ text: Substring) throws(Fault) -> [UInt16] {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count) else { throw .malformed }
    var read: [[UInt16]] = []
    for half in halves {
      let parts = half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
      let groups = parts.compactMap { part in
        // A sign is a digit to nobody but the initializer.
        part.utf8.count <= 4 && part.allSatisfy(\.isHexDigit) ? UInt16(part, radix: 16) : nil
      }
      guard groups.count == parts.count else { throw .malformed }
      read.append(groups)
    }
    let missing = 8 - read.reduce(0) { $0 + $1.count }
    guard halves.count == 1 ? missing == 0 : missing > 0 else { throw .malformed }
    return read[0] + Array(repeating: 0, count: missing) + (read.count == 2 ? read[1] : [])
  }
}
