import NIOHTTP1
import TokenService

/// Turns away what a web page could make a browser send: with an `Origin`, with `Sec-Fetch-` headers, or to the
/// name of a site that was pointed at this host (DNS rebinding).
enum BrowserGuard {
  /// - Throws: 400 without a clear `Host` (RFC 9112 section 3.2), 421 for a foreign one, 403 for a browser. For
  ///   monitoring, which has no effect and no secret, a browser is welcome.
  static func check(_ head: HTTPRequestHead, offering offer: ControlOffer) throws(Problem) {
    let hosts = head.headers["host"]
    guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
      throw Problem(.badRequest, "the request must have one Host header")
    }
    if let host = hosts.first, !isLocal(host) {
      throw Problem(
        .misdirectedRequest,
        "the Host header must be empty, localhost, a loopback address or a name without dots")
    }
    guard offer == .everything else { return }
    let isFromBrowser = head.headers.contains { name, _ in
      let name = name.lowercased()
      return name == "origin" || name.hasPrefix("sec-fetch-")
    }
    if isFromBrowser { throw Problem(.forbidden, "browsers are not served here", code: .browser) }
  }

  /// Over a Unix socket clients put anything here: nothing, `localhost`, a made-up name, the socket's path in percent
  /// escapes. A site's name has a dot.
  static func isLocal(_ host: String) -> Bool {
    if host.hasPrefix("[") { return host == "[::1]" || host.hasPrefix("[::1]:") }
    let parts = host.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.dropFirst().allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else {
      return false
    }
    let name = parts.first.map { $0.lowercased() } ?? ""
    if name.hasPrefix("%2f") || name.hasSuffix(".localhost") || !name.contains(".") { return true }
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
}
