/// Bytes that must not be seen: a client secret, or a token. Prints itself as `[redacted]` in every way
/// that Swift prints, and overwrites its bytes when the last reference goes.
package final class Secret: Sendable {
  /// Allocated here and lent as a span only, so that no other array ever shares it.
  private let storage: [UInt8]

  /// Makes a secret of up to `capacity` bytes, written into its own storage, so that no copy is left behind.
  package init<E: Error>(
    capacity: Int, initializingWith build: (inout OutputSpan<UInt8>) throws(E) -> Void
  ) throws(E) {
    storage = try Array(capacity: capacity, initializingWith: build)
  }

  /// Copies the bytes; where they came from isn't wiped.
  package convenience init(_ bytes: some Collection<UInt8>) {
    self.init(capacity: bytes.count) { $0.append(contentsOf: bytes) }
  }

  package convenience init(_ text: String) {
    self.init(text.utf8)
  }

  package var count: Int { storage.count }
  package var isEmpty: Bool { storage.isEmpty }

  /// Lends the bytes to `body`. A span can't leave it; a copy that is made of the bytes is the caller's to wipe.
  package func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    let bytes = storage
    return try body(bytes.span)
  }

  deinit {
    // No reference is left, so nobody can see that bytes change which nothing else changes.
    storage.withUnsafeBytes { UnsafeMutableRawBufferPointer(mutating: $0).wipe() }
  }
}

extension Secret {
  /// Whether the first bytes are these.
  package func hasPrefix(_ prefix: some Collection<UInt8>) -> Bool {
    withBytes { bytes in
      bytes.count >= prefix.count && zip(bytes.indices, prefix).allSatisfy { bytes[$0] == $1 }
    }
  }

  /// The bytes after the first `count`; an empty secret if there are no more.
  package func dropFirst(_ count: Int) -> Secret {
    withBytes { bytes in
      Secret(capacity: max(0, bytes.count - count)) { rest in
        for index in bytes.indices.dropFirst(count) { rest.append(bytes[index]) }
      }
    }
  }

  /// A secret of these bytes and then this one's.
  package func prefixed(with prefix: String) -> Secret {
    Secret(capacity: prefix.utf8.count + count) {
      $0.append(contentsOf: prefix.utf8)
      $0.append(contentsOf: self)
    }
  }

  /// The bytes as text, of which every copy stays in memory; `nil` if they aren't UTF-8.
  package var text: String? {
    withBytes { bytes in bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) } }
  }
}

extension OutputSpan<UInt8> {
  /// Appends bytes for which there is room.
  package mutating func append(contentsOf bytes: some Collection<UInt8>) {
    for byte in bytes { append(byte) }
  }

  /// Appends a secret for which there is room.
  package mutating func append(contentsOf secret: Secret) {
    secret.withBytes { for index in $0.indices { append($0[index]) } }
  }
}

extension Secret: Equatable {
  /// Takes the same time no matter where two secrets of one length differ.
  package static func == (left: Secret, right: Secret) -> Bool {
    if left === right { return true }
    return left.withBytes { left in
      right.withBytes { right in
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
      }
    }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "[redacted]" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
