/// How a body is wrapped in spite of what the client accepts. Nothing is made smaller: the formats have a block for
/// bytes as they are (RFC 1951 section 3.2.4), which every decoder must take.
enum ContentCoding: String, Codable, CaseIterable, Sendable {
  case gzip
  /// The zlib format, as HTTP means it (RFC 9110 section 8.4.1.2).
  case deflate
  /// A name that nobody knows, over a body that is as it was.
  case unknown = "x-unknown"

  func wrap(_ body: [UInt8]) -> [UInt8] {
    switch self {
    case .gzip:
      // RFC 1952 section 2.3: the head, the blocks, CRC-32 and length.
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + Self.blocks(body) + Self.little(Self.crc32(body))
        + Self.little(UInt32(truncatingIfNeeded: body.count))
    case .deflate: [0x78, 0x01] + Self.blocks(body) + Self.little(Self.adler32(body)).reversed()
    case .unknown: body
    }
  }

  private static func blocks(_ body: [UInt8]) -> [UInt8] {
    var blocks: [UInt8] = []
    var rest = body[...]
    repeat {
      let part = rest.prefix(0xFFFF)
      rest = rest.dropFirst(part.count)
      let length = UInt16(part.count)
      blocks.append(rest.isEmpty ? 1 : 0)
      for number in [length, ~length] { blocks += [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
      blocks += part
    } while !rest.isEmpty
    return blocks
  }

  private static func little(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
  }
}
