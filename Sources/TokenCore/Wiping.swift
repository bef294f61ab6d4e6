// Not I/O: the one function of the C library that no optimizer removes (explicit_bzero(3)).
internal import func Glibc.explicit_bzero

extension UnsafeMutableRawBufferPointer {
  /// Overwrites the bytes with zeros. The only way in which this program wipes memory.
  package func wipe() {
    if let start = baseAddress { explicit_bzero(start, count) }
  }
}

extension Array<UInt8> {
  /// Overwrites the elements with zeros, in place if no other array shares them. A copy of the array, or the storage
  /// that it had before it grew, keeps its bytes: reserve the capacity first.
  package mutating func wipe() {
    withUnsafeMutableBytes { $0.wipe() }
  }
}
