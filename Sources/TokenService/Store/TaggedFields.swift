import TokenCore

/// Numbered fields in a row, each with its length: how entries of the descriptor store are written. There is no nesting,
/// and a reader passes over fields that it doesn't know.
///
/// `assetit2`, then for each field its number (one byte), its length (four bytes, little-endian) and its bytes.
struct TaggedFields {
  /// Above all that a record may need; one token of 64 KiB is most of it.
  static let limit = 256 << 10
  private static let magic = Array("assetit2".utf8)
  private static let mostFields = 64

  private var fields: [UInt8: ArraySlice<UInt8>] = [:]

  /// - Returns: `nil` where the bytes aren't such fields, from beginning to end, each number once.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.limit, bytes.starts(with: Self.magic) else { return nil }
    var rest = bytes.dropFirst(Self.magic.count)
    while let tag = rest.popFirst() {
      guard fields.count < Self.mostFields, fields[tag] == nil, rest.count >= 4 else { return nil }
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard length <= rest.count else { return nil }
      fields[tag] = rest.prefix(length)
      rest = rest.dropFirst(length)
    }
  }

  func bytes(_ tag: UInt8) -> [UInt8]? { fields[tag].map(Array.init) }

  func secret(_ tag: UInt8) -> Secret? { fields[tag].map { Secret($0) } }

  func text(_ tag: UInt8) -> String? { fields[tag].flatMap { String(validating: $0, as: UTF8.self) } }

  /// - Returns: `nil` where the field is missing or isn't eight bytes for each number.
  func numbers(_ tag: UInt8) -> [Int64]? {
    guard let field = fields[tag], field.count % 8 == 0 else { return nil }
    return stride(from: field.startIndex, to: field.endIndex, by: 8).map { start in
      Int64(bitPattern: field[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }

  func number(_ tag: UInt8) -> Int64? {
    guard let numbers = numbers(tag), numbers.count == 1 else { return nil }
    return numbers[0]
  }

  /// Writes fields. Its bytes may be secret: wipe them.
  struct Writer {
    private(set) var bytes = TaggedFields.magic

    /// `capacity`: all that will be written, so that the array never grows and leaves a copy behind.
    init(capacity: Int) {
      bytes.reserveCapacity(TaggedFields.magic.count + capacity)
    }

    mutating func add(_ tag: UInt8, _ field: some Collection<UInt8>) {
      begin(tag, field.count)
      bytes += field
    }

    mutating func add(_ tag: UInt8, _ secret: Secret) {
      begin(tag, secret.count)
      secret.withBytes { span in for index in span.indices { bytes.append(span[index]) } }
    }

    mutating func add(_ tag: UInt8, _ numbers: [Int64]) {
      begin(tag, numbers.count * 8)
      for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    }

    /// Nothing where there is no number.
    mutating func add(_ tag: UInt8, _ number: Int64?) {
      if let number { add(tag, [number]) }
    }

    private mutating func begin(_ tag: UInt8, _ count: Int) {
      bytes.append(tag)
      withUnsafeBytes(of: UInt32(clamping: count).littleEndian) { bytes += $0 }
    }
  }
}
