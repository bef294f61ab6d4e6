internal import Synchronization

/// Bytes that must not be seen: a client secret, or a token. Prints itself as `[redacted]` in every way
/// that Swift prints, and overwrites its bytes when the last reference goes.
package final class Secret: Sendable {
  private let storage: Mutex<[UInt8]>

  package init(_ bytes: some Sequence<UInt8>) {
    storage = Mutex(Array(bytes))
  }

  package convenience init(_ text: String) {
    self.init(text.utf8)
  }

  package var count: Int { storage.withLock { $0.count } }
  package var isEmpty: Bool { count == 0 }

  /// Gives the bytes to `body`, which must not keep or print them.
  package func withBytes<R, E: Error>(_ body: ([UInt8]) throws(E) -> sending R) throws(E) -> sending R {
    try storage.withLock { bytes throws(E) in try body(bytes) }
  }

  deinit {
    storage.withLock { bytes in
      for index in bytes.indices { bytes[index] = 0 }
    }
  }
}

extension Secret: Equatable {
  /// Takes the same time wherever two secrets of one length differ.
  package static func == (left: Secret, right: Secret) -> Bool {
    if left === right { return true }
    let other = right.withBytes { $0 }
    return left.withBytes { bytes in
      guard bytes.count == other.count else { return false }
      return zip(bytes, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "[redacted]" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
