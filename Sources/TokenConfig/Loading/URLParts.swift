internal import Glibc

/// The parts of a URL (RFC 3986) as far as a base URL or a proxy needs them. Strict, so that libcurl can't
/// read another host out of it than this does.
struct URLParts {
  enum Fault: Error {
    case notURL
    case badCharacter
    case badHost
    case badPort
  }

  /// In lower case.
  let scheme: String
  let userInfo: Substring?
  /// An IPv6 address without its brackets.
  let host: String
  let port: UInt16?
  /// Empty, or begins with a slash.
  let path: Substring
  let hasQueryOrFragment: Bool

  init(_ text: String) throws(Fault) {
    guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) else { throw .badCharacter }
    let halves = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, !halves[0].isEmpty, halves[0].allSatisfy({ $0.isLetter || $0.isNumber }) else {
      throw .notURL
    }
    scheme = halves[0].lowercased()
    let authority = halves[1].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let rest = halves[1][authority.endIndex...]
    path = rest.prefix { $0 != "?" && $0 != "#" }
    hasQueryOrFragment = path.endIndex != rest.endIndex
    let at = authority.lastIndex(of: "@")
    userInfo = at.map { authority[..<$0] }
    let place = at.map { authority[authority.index(after: $0)...] } ?? authority
    let hostEnd: Substring.Index
    if place.first == "[" {
      guard let close = place.firstIndex(of: "]") else { throw .badHost }
      host = String(place[place.index(after: place.startIndex)..<close])
      guard Self.isAddress(host, AF_INET6) else { throw .badHost }
      hostEnd = place.index(after: close)
    } else {
      hostEnd = place.firstIndex(of: ":") ?? place.endIndex
      host = String(place[..<hostEnd])
      guard Self.isName(host) else { throw .badHost }
    }
    port = try Self.port(place[hostEnd...])
  }

  /// `localhost`, 127.0.0.0/8 in four decimal parts, or `::1`.
  var isLoopback: Bool {
    if host.lowercased() == "localhost" || host == "::1" { return true }
    return host.hasPrefix("127.") && Self.isAddress(host, AF_INET)
  }

  private static func port(_ text: Substring) throws(Fault) -> UInt16? {
    if text.isEmpty { return nil }
    let digits = text.dropFirst()
    guard text.first == ":", digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let port = UInt16(digits), port > 0
    else { throw .badPort }
    return port
  }

  private static func isName(_ host: String) -> Bool {
    guard 1...253 ~= host.utf8.count else { return false }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      1...63 ~= label.utf8.count && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }
  }

  private static func isAddress(_ text: String, _ family: Int32) -> Bool {
    var address = in6_addr()
    return inet_pton(family, text, &address) == 1
  }
}
