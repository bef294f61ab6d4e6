/// A whole request, as far as the simulator looks at it.
struct Request: Sendable {
  /// In bytes. Of a longer body one byte more than this is kept.
  static let bodyLimit = 64 * 1024

  var method: String
  var path: String
  /// By lower-case name.
  var headers: [String: String] = [:]
  var body: [UInt8] = []

  /// Whether the content type is JSON, parameters aside.
  var isJSON: Bool {
    mediaType == "application/json" || mediaType.hasPrefix("application/") && mediaType.hasSuffix("+json")
  }

  var isForm: Bool { mediaType == "application/x-www-form-urlencoded" }

  private var mediaType: String {
    (headers["content-type"] ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
  }

  /// The path of a request target in origin or absolute form (RFC 9112 section 3.2; a client that takes the
  /// simulator for its proxy sends the latter), without the query.
  static func path(ofTarget target: String) -> String {
    var rest = target[...]
    if rest.hasPrefix("http://") {
      rest = rest.dropFirst("http://".count).drop { $0 != "/" }
    }
    return String(rest.prefix { $0 != "?" })
  }
}
