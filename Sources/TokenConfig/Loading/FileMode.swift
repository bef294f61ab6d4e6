/// Permission bits, as configuration writes them: three or four octal digits in a string.
enum FileMode {
  /// Parses `"0640"` or `"640"`; `nil` for anything else.
  static func parse(_ text: String) -> UInt32? {
    guard 3...4 ~= text.utf8.count, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 })
    else { return nil }
    return UInt32(text, radix: 8)
  }

  /// `0640`
  static func format(_ mode: UInt32) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  /// Why a socket may not have this mode. Others may well write to it (that is, connect), where it says so.
  static func problem(ofSocket mode: UInt32) -> String? {
    mode & 0o7000 != 0 ? "must not set the setuid, setgid or sticky bit" : nil
  }

  /// Why a header file may not have this mode. Others may well read it, where it says so.
  static func problem(ofFile mode: UInt32) -> String? {
    if mode & 0o7000 != 0 { return "must not set the setuid, setgid or sticky bit" }
    if mode & 0o111 != 0 { return "must not make a header file executable" }
    if mode & 0o002 != 0 { return "must not let others write to the file" }
    return nil
  }
}
