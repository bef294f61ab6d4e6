internal import TokenCore

/// What a text from outside must not give away: the credentials, and tokens that came in the same answer.
struct Hidden: Sendable {
  /// So many bytes in a row give a secret away.
  static let tellingLength = 8
  /// How often a text may have been encoded: a form in a JSON string in a header, and the like.
  private static let layers = 3
  /// Longer texts are none that an operator is shown.
  private static let longest = 8192

  private let credentials: Credentials
  /// Of tokens, which are long, every run of ``tellingLength`` bytes; a shorter one is no token.
  private let tokenRuns: Set<UInt64>

  /// - Parameter tokens: copies of their parts stay in memory: for a program that tells what came and ends.
  init(_ credentials: Credentials, tokens: [Secret] = []) {
    self.credentials = credentials
    var runs: Set<UInt64> = []
    for token in tokens where token.count >= Self.tellingLength {
      token.withBytes { bytes in
        for start in 0...(bytes.count - Self.tellingLength) {
          runs.insert(Self.run { bytes[start + $0] })
        }
      }
    }
    tokenRuns = runs
  }

  /// The text with `…` for the client ID and for every part of a secret that stands in the open, whatever its case.
  func covering(_ text: String) -> String {
    var bytes = Array(text.utf8)
    let found = told(in: bytes, coversID: true)
    guard !found.isEmpty else { return text }
    for range in found { for index in range { bytes[index] = 0 } }
    let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
    var shown = ""
    for (index, part) in parts.enumerated() where index == 0 || index == parts.count - 1 || !part.isEmpty {
      shown += (index == 0 ? "" : "…") + String(decoding: part, as: UTF8.self)
    }
    return shown
  }

  /// Whether the text holds a telling part of a secret in the open.
  func isTold(in bytes: [UInt8]) -> Bool { !told(in: bytes, coversID: false).isEmpty }

  /// Whether the text gives a part of a secret away, in the open or encoded.
  func isHeld(in text: String) -> Bool { isTold(in: Array(text.utf8)) || isEncoded(in: text) }

  private func told(in bytes: [UInt8], coversID: Bool) -> [Range<Int>] {
    let lowered = bytes.map(Self.lowercased)
    let (id, secret) = (credentials.clientID, credentials.clientSecret)
    var found = Self.places(of: secret, min(Self.tellingLength, secret.count), in: lowered)
    if coversID { found += Self.places(of: id, id.count, in: lowered) }
    let length = Self.tellingLength
    if !tokenRuns.isEmpty, lowered.count >= length {
      for start in 0...(lowered.count - length)
      where tokenRuns.contains(Self.run { lowered[start + $0] }) {
        found.append(start..<(start + length))
      }
    }
    return found
  }

  /// Where a run of `length` bytes of the secret stands.
  private static func places(of secret: Secret, _ length: Int, in lowered: [UInt8]) -> [Range<Int>] {
    guard length > 0, lowered.count >= length else { return [] }
    return secret.withBytes { secret in
      (0...(lowered.count - length)).filter { start in
        (0...(secret.count - length)).contains { offset in
          (0..<length).allSatisfy { lowered[start + $0] == Self.lowercased(secret[offset + $0]) }
        }
      }.map { $0..<($0 + length) }
    }
  }

  private static func run(_ byte: (Int) -> UInt8) -> UInt64 {
    (0..<tellingLength).reduce(0) { $0 << 8 | UInt64(lowercased(byte($1))) }
  }

  /// Whether a text that shows nothing in the open (``covering(_:)``) does so to whoever decodes it: percent signs, escapes of JSON and
  /// HTML, hexadecimal digits, base64.
  ///
  /// - Parameter resembles: what else gives a decoded text away.
  func isEncoded(in text: String, orWhatResembles resembles: (String) -> Bool = { _ in false }) -> Bool {
    var known: Set<[UInt8]> = [Array(text.utf8.prefix(Self.longest))]
    var latest = known
    for _ in 0..<Self.layers {
      latest = Set(latest.flatMap(Decoding.all)).subtracting(known)
      if latest.contains(where: { isTold(in: $0) || resembles(String(decoding: $0, as: UTF8.self)) }) {
        return true
      }
      known.formUnion(latest)
    }
    return false
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }
}

/// Ways back from how texts are carried in others. Whatever isn't encoded stays as it is.
enum Decoding {
  /// Every other reading of these bytes.
  static func all(_ bytes: [UInt8]) -> [[UInt8]] {
    [
      percent(bytes), escapes(bytes), entities(bytes), hexadecimal(bytes, skipping: 0),
      hexadecimal(bytes, skipping: 1),
    ].filter { $0 != bytes } + base64(bytes)
  }

  /// `%41`, and `+` for a space (RFC 3986 section 2.1, WHATWG URL section 5.1).
  private static func percent(_ bytes: [UInt8]) -> [UInt8] {
    replacing(bytes) { rest in
      if rest.first == UInt8(ascii: "+") { return (1, [UInt8(ascii: " ")]) }
      guard rest.first == UInt8(ascii: "%"), rest.count >= 3,
        let value = number(rest.dropFirst().prefix(2), radix: 16)
      else { return nil }
      return (3, [UInt8(truncatingIfNeeded: value)])
    }
  }

  /// `\"`, `\n`, `\u0041` and `\u{41}` (RFC 8259 section 7, and as ``Printable`` writes it).
  private static func escapes(_ bytes: [UInt8]) -> [UInt8] {
    replacing(bytes) { rest in
      guard rest.first == UInt8(ascii: "\\"), rest.count >= 2 else { return nil }
      let mark = rest[rest.startIndex + 1]
      switch mark {
      case UInt8(ascii: "n"): return (2, [0x0A])
      case UInt8(ascii: "t"): return (2, [0x09])
      case UInt8(ascii: "r"): return (2, [0x0D])
      case UInt8(ascii: "b"): return (2, [0x08])
      case UInt8(ascii: "f"): return (2, [0x0C])
      case UInt8(ascii: "x"):
        guard rest.count >= 4, let value = number(rest.dropFirst(2).prefix(2), radix: 16) else { return nil }
        return (4, [UInt8(truncatingIfNeeded: value)])
      case UInt8(ascii: "u"):
        let digits = rest.dropFirst(2)
        if digits.first == UInt8(ascii: "{"), let end = digits.prefix(10).firstIndex(of: UInt8(ascii: "}")),
          let scalar = scalar(digits[(digits.startIndex + 1)..<end], radix: 16)
        {
          return (end + 1 - rest.startIndex, scalar)
        }
        guard digits.count >= 4, let scalar = scalar(digits.prefix(4), radix: 16) else { return nil }
        return (6, scalar)
      default: return (2, [mark])
      }
    }
  }

  /// `&amp;` and the other four, `&#65;`, `&#x41;` (WHATWG HTML section 13.5).
  private static func entities(_ bytes: [UInt8]) -> [UInt8] {
    let names: [(String, UInt8)] = [
      ("amp", 0x26), ("lt", 0x3C), ("gt", 0x3E), ("quot", 0x22), ("apos", 0x27),
    ]
    return replacing(bytes) { rest in
      guard rest.first == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";"))
      else {
        return nil
      }
      let count = end + 1 - rest.startIndex
      let name = rest[(rest.startIndex + 1)..<end]
      if let known = names.first(where: { name.elementsEqual($0.0.utf8) }) { return (count, [known.1]) }
      guard name.first == UInt8(ascii: "#") else { return nil }
      let digits = name.dropFirst()
      let isHexadecimal = digits.first == UInt8(ascii: "x") || digits.first == UInt8(ascii: "X")
      return scalar(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10).map {
        (count, $0)
      }
    }
  }

  /// Runs of pairs of hexadecimal digits; the first may belong to something else.
  private static func hexadecimal(_ bytes: [UInt8], skipping skipped: Int) -> [UInt8] {
    replacing(bytes) { rest in
      let whole = rest.prefix { number([$0], radix: 16) != nil }
      let run = whole.dropFirst(skipped)
      guard run.count >= 4 else { return nil }
      let pairs = stride(from: run.startIndex, to: run.endIndex - run.count % 2, by: 2)
      return (
        whole.count,
        pairs.compactMap { number(run[$0..<($0 + 2)], radix: 16).map { UInt8(truncatingIfNeeded: $0) } }
      )
    }
  }

  /// Each run of base64 or base64url, from each of four beginnings: what precedes it may belong to something else.
  private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.split { value(ofBase64: $0) == nil }.filter { $0.count >= 8 }.flatMap { run in
      (0..<4).map { skipped in decoded(base64: run.dropFirst(skipped)) }
    }
  }

  private static func decoded(base64 run: ArraySlice<UInt8>) -> [UInt8] {
    var (decoded, bits, count) = ([UInt8](), UInt32(0), 0)
    for byte in run {
      guard let value = value(ofBase64: byte) else { break }
      (bits, count) = ((bits << 6 | value) & 0xFFFF, count + 6)
      guard count >= 8 else { continue }
      count -= 8
      decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return decoded
  }

  private static func value(ofBase64 byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - 0x41)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - 0x61) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 0x30) + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  /// - Parameter match: how many bytes of the rest are read as what; `nil` for the first one as it is.
  private static func replacing(
    _ bytes: [UInt8], _ match: (ArraySlice<UInt8>) -> (count: Int, bytes: [UInt8])?
  ) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let first = rest.first {
      if let (count, replacement) = match(rest) {
        result += replacement
        rest = rest.dropFirst(count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func number(_ digits: some Collection<UInt8>, radix: UInt32) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 7 else { return nil }
    var value: UInt32 = 0
    for byte in digits {
      let digit: UInt32
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte - 0x61) + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte - 0x41) + 10
      default: return nil
      }
      guard digit < radix else { return nil }
      value = value * radix + digit
    }
    return value
  }

  private static func scalar(_ digits: some Collection<UInt8>, radix: UInt32) -> [UInt8]? {
    number(digits, radix: radix).flatMap(Unicode.Scalar.init).map { Array(String($0).utf8) }
  }
}
