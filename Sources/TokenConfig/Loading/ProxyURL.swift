/// `api.proxy`: `http://`, `https://`, `socks5://` or `socks5h://`, with or without a user and a password.
enum ProxyURL {
  private static let schemes = ["http", "https", "socks5", "socks5h"]

  /// Whether it holds a user name or password.
  ///
  /// - Throws: what is wrong with it, as the end of a sentence that doesn't quote it.
  static func check(_ text: String) throws(SettingFault) -> Bool {
    let parts: URLParts
    do {
      parts = try URLParts(text)
    } catch {
      throw SettingFault(error)
    }
    guard schemes.contains(parts.scheme) else {
      throw SettingFault("must begin with http://, https://, socks5:// or socks5h://")
    }
    guard parts.path.isEmpty || parts.path == "/", !parts.hasQueryOrFragment else {
      throw SettingFault("must end after host and port")
    }
    return parts.userInfo != nil
  }
}
