/// Where a setting stands: `profiles.default.files[0].mode`.
struct SettingPath {
  let text: String

  static let root = SettingPath(text: "")

  /// Longer than any key that is known; what is longer may be anything, a secret included.
  private static let longestKey = 32

  func appending(_ key: String) -> SettingPath {
    SettingPath(text: text.isEmpty ? Self.printable(key) : text + "." + Self.printable(key))
  }

  func appending(_ index: Int) -> SettingPath {
    SettingPath(text: "\(text)[\(index)]")
  }

  /// A bare key as it is, any other one quoted, without control characters (TOML 1.0, Keys).
  private static func printable(_ key: String) -> String {
    guard key.utf8.count <= longestKey else { return "(a key of \(key.utf8.count) bytes)" }
    let isBare = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isBare && !key.isEmpty ? key : Quoted.text(key)
  }
}
