internal import CSystemd
internal import Glibc

/// The journal's native protocol (sd_journal_sendv(3)).
package enum Journal {
  /// Sends one entry. A field's name is upper case, digits and underscores; its value may be any bytes.
  ///
  /// - Returns: whether the journal took it.
  package static func send(_ fields: [(name: String, value: String)]) -> Bool {
    let entries = fields.map { Array("\($0.name)=\($0.value)".utf8) }
    return withVectors(entries[...], []) { vectors in
      sd_journal_sendv(vectors, Int32(vectors.count)) == 0
    }
  }

  /// Lends all entries at once, each for as long as the call needs it.
  private static func withVectors(
    _ entries: ArraySlice<[UInt8]>, _ vectors: [iovec], _ body: ([iovec]) -> Bool
  ) -> Bool {
    guard let entry = entries.first else { return body(vectors) }
    return entry.withUnsafeBytes { bytes in
      let vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      return withVectors(entries.dropFirst(), vectors + [vector], body)
    }
  }
}
