public import FoundationEssentials

/// The value of the `Authorization` header that AssetIT wants: `JWT TOKEN`, with nothing before or after it.
///
/// It prints itself as `[redacted]`, so that it gets into no log by accident; ``value`` has the text.
public struct AuthorizationHeader: Hashable, Sendable {
  /// `JWT TOKEN`
  public let value: String
  /// From then on nobody should use it any more, on this host's clock; `nil` where that isn't known.
  public let expiresAt: Date?

  /// A header that came in another way, to be reported with ``TokenClient/reportRejected(_:)``.
  public init(value: String, expiresAt: Date? = nil) {
    self.value = value
    self.expiresAt = expiresAt
  }

  /// Whether a text can be the value of a header: visible ASCII with spaces within. A line break or another control
  /// character would become a header, or a line of a file, of its own.
  static func isValue(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return first != 0x20 && last != 0x20 && text.utf8.allSatisfy { 0x20...0x7E ~= $0 }
  }

  /// The token without its prefix.
  public var token: String {
    String(value[(value.lastIndex(of: " ").map { value.index(after: $0) } ?? value.startIndex)...])
  }
}

extension AuthorizationHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[redacted]" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
