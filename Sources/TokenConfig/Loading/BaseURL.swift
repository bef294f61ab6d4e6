/// Where AssetIT's API is: `https://…`, or `http://…` to loopback.
enum BaseURL {
  /// Without a slash at its end.
  ///
  /// - Throws: what is wrong with it, as the end of a sentence; the URL isn't quoted, it may hold a password.
  static func parse(_ text: String) throws(SettingFault) -> String {
    guard !text.isEmpty else {
      throw SettingFault("must not be empty: take it from your AssetIT API documentation page")
    }
    let parts: URLParts
    do {
      parts = try URLParts(text)
    } catch {
      throw SettingFault(error)
    }
    switch parts.scheme {
    case "https": break
    case "http":
      guard parts.isLoopback else {
        throw SettingFault("must begin with https://: http:// would send the secret in the clear")
      }
    default: throw SettingFault("must begin with https://, not \(Quoted.text(parts.scheme + "://"))")
    }
    if parts.userInfo != nil { throw SettingFault("must not hold a user name or password (\"@\")") }
    if parts.hasQueryOrFragment { throw SettingFault("must not hold a query (\"?\") or a fragment (\"#\")") }
    var url = text[...]
    while url.last == "/" { url.removeLast() }
    return String(url)
  }
}
