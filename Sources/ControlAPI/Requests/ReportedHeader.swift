import NIOHTTP1
import TokenCore

/// The body of a report that AssetIT refused a header.
enum ReportedHeader {
  /// - Returns: the header's value without white space around it; with or without its prefix.
  /// - Throws: 400 if there is nothing.
  static func read(_ body: [UInt8]) throws(Problem) -> Secret {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || 0x09...0x0D ~= $0 }
    guard let first = body.firstIndex(where: { !isSpace($0) }),
      let last = body.lastIndex(where: { !isSpace($0) })
    else { throw Problem(.badRequest, "the body must be the header that AssetIT refused") }
    return Secret(body[first...last])
  }
}
