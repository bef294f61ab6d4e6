import Glibc
import Testing
import TokenCore

@Suite("A secret")
struct SecretTests {
  @Test("A secret prints itself as redacted in every way that Swift prints")
  func redacted() {
    let secret = Secret("s3cr3t")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(text.contains("[redacted]") && !text.contains("s3cr3t"))
    }
  }

  @Test("Two secrets are equal if their bytes are")
  func equality() {
    #expect(Secret("a") == Secret("a"))
    #expect(Secret("a") != Secret("b"))
    #expect(Secret("a") != Secret("ab"))
    #expect(Secret("") == Secret([]))
  }

  @Test("Prefixes of a secret are recognized, put before it and taken away, at any length")
  func prefixes() {
    let header = Secret("a.b").prefixed(with: "JWT ")
    #expect(header.text == "JWT a.b")
    #expect(header.hasPrefix("JWT ".utf8) && header.hasPrefix("".utf8))
    #expect(!header.hasPrefix("JWT a.b.c".utf8) && !header.hasPrefix("jwt".utf8))
    #expect(header.dropFirst(4) == Secret("a.b"))
    #expect(header.dropFirst(100) == Secret(""))
    #expect(Secret([0xFF]).text == nil)
  }

  @Test("Wiping a secret leaves the array alone that it was made of")
  func ownStorage() {
    let bytes = Array("s3cr3t".utf8)
    var secret: Secret? = Secret(bytes)
    #expect(secret?.count == 6)
    secret = nil
    #expect(bytes == Array("s3cr3t".utf8))
  }

  @Test("The bytes of a secret are gone from memory with its last reference, even if they were lent before")
  func wiped() async {
    await #expect(processExitsWith: .success) {
      var secret: Secret? = Secret(capacity: Needle.length) { bytes in
        for index in 0..<Needle.length { bytes.append(Needle.byte(index)) }
      }
      // A body that gave its argument away made the old implementation write its zeros into a copy.
      let sum = secret?.withBytes { bytes in bytes.indices.reduce(0) { $0 &+ Int(bytes[$1]) } }
      guard sum != nil, Needle.isInMemory() else { exit(2) }
      secret = nil
      exit(Needle.isInMemory() ? 1 : 0)
    }
  }
}

/// Bytes that are computed wherever they are needed, so that the test itself keeps no copy of them.
private enum Needle {
  static let length = 4096

  static func byte(_ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: (index &* index &* 31) >> 3 ^ index &* 7)
  }

  /// Looks through all memory of this process that can be written for 64 bytes out of the middle.
  static func isInMemory() -> Bool {
    guard let maps = fopen("/proc/self/maps", "r") else { return true }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, 512, maps) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let fields = text.split(separator: " ")
      let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
      guard bounds.count == 2, fields[1].hasPrefix("rw"), !text.contains("[v") else { continue }
      if holds(bounds[0], bounds[1]) { return true }
    }
    return false
  }

  private static func holds(_ start: UInt, _ end: UInt) -> Bool {
    guard let base = UnsafePointer<UInt8>(bitPattern: start) else { return false }
    let middle = 2000
    for offset in 0..<max(0, Int(end - start) - 64) where base[offset] == byte(middle) {
      if (1..<64).allSatisfy({ base[offset + $0] == byte(middle + $0) }) { return true }
    }
    return false
  }
}
