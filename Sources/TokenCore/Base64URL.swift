internal import FoundationEssentials

/// base64url without padding (RFC 4648 section 5, as RFC 7515 section 2 uses it).
enum Base64URL {
  /// The decoded bytes; `nil` where a character is outside of the alphabet or the length impossible.
  static func decode(_ text: some Collection<UInt8>) -> Data? {
    guard text.count % 4 != 1, text.allSatisfy(isLetter) else { return nil }
    var standard = Data(text)
    for index in standard.indices {
      switch standard[index] {
      case UInt8(ascii: "-"): standard[index] = UInt8(ascii: "+")
      case UInt8(ascii: "_"): standard[index] = UInt8(ascii: "/")
      default: break
      }
    }
    standard.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - standard.count % 4) % 4))
    return Data(base64Encoded: standard)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
