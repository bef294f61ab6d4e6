import NIOHTTP1
import TokenService

/// Turns away what isn't meant for this server, and what a web page could make a browser send: with an `Origin`, with
/// `Sec-Fetch-` headers, or to the name of a site that was pointed at this host (DNS rebinding).
enum CallerGuard {
  /// - Throws: 505 for another version than 1.0 and 1.1, 400 without a clear `Host` (RFC 9112 section 3.2), 421 for a
  ///   foreign host there or in the target, 403 for a browser. For monitoring, which has no effect and no secret, a
  ///   browser is welcome.
  static func check(
    _ head: HTTPRequestHead, _ target: RequestTarget, offering offer: ControlOffer
  ) throws(Problem) {
    let hosts = head.headers["host"]
    guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
      throw Problem(.badRequest, "the request must have one Host header")
    }
    // The target's own authority takes the place of Host (RFC 9112 section 3.2.2); a proxy may look at either.
    for host in hosts + (target.authority.map { [$0] } ?? []) where !isLocal(host) {
      throw Problem(
        .misdirectedRequest,
        "the host must be empty, localhost, a loopback address or a name without dots")
    }
    guard offer == .everything else { return }
    let isFromBrowser = head.headers.contains { name, _ in
      let name = name.lowercased()
      return name == "origin" || name.hasPrefix("sec-fetch-")
    }
    if isFromBrowser { throw Problem(.forbidden, "browsers are not served here", code: .browser) }
  }

  /// What decides how a message is read must be beyond doubt.
  ///
  /// - Throws: 505 for another version than 1.0 and 1.1; 400 for chunks in HTTP/1.0, which has none (RFC 9112 section
  ///   6.1).
  static func checkFraming(_ head: HTTPRequestHead) throws(Problem) {
    guard head.version == .http1_1 || head.version == .http1_0 else {
      throw Problem(.httpVersionNotSupported, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    if head.version == .http1_0, head.headers.contains(name: "transfer-encoding") {
      throw Problem(.badRequest, "HTTP/1.0 has no Transfer-Encoding")
    }
  }

  /// Over a Unix socket clients put anything here: nothing, `localhost`, a made-up name, the socket's path in percent
  /// escapes. A site's name has a dot.
  static func isLocal(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      return host[...end] == "[::1]" && isPort(host[host.index(after: end)...])
    }
    let colon = host.firstIndex(of: ":") ?? host.endIndex
    let name = host[..<colon].lowercased()
    guard isPort(host[colon...]), name.utf8.allSatisfy(isRegisteredName) else { return false }
    if name.hasPrefix("%2f") || name.hasSuffix(".localhost") || !name.contains(".") { return true }
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }

  /// Nothing, or a colon and digits.
  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.first == ":" && text.utf8.dropFirst().allSatisfy { 0x30...0x39 ~= $0 })
  }

  /// What a name may hold (RFC 3986 section 3.2.2) without sub-delimiters; no user information.
  private static func isRegisteredName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._~%".utf8.contains(byte)
    }
  }
}
