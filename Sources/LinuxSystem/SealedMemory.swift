internal import CLinux
internal import Glibc

/// A file in memory that nobody can change any more (memfd_create(2), F_ADD_SEALS in fcntl(2)).
package enum SealedMemory {
  private static let allSeals: Int32 = 0xF

  /// - Throws: where the kernel has no memory or descriptor left.
  package static func make(name: String, holding bytes: [UInt8]) throws(SystemError) -> OwnedFD {
    let memory = try OwnedFD("make", "the memory file \(name)") { memfd_create(name, 3) }
    let raw = memory.raw
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try retrying("write to", "the memory file \(name)") {
        rest.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
    try retrying("seal", "the memory file \(name)") { clinux_seal(raw) }
    return memory
  }

  /// Everything that a sealed file holds; `nil` where it isn't sealed, holds more than `limit` bytes or can't be
  /// read.
  package static func contents(of memory: borrowing OwnedFD, limit: Int) -> [UInt8]? {
    var status = stat()
    guard clinux_seals(memory.raw) == allSeals, fstat(memory.raw, &status) == 0, status.st_size <= limit
    else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    return pread(memory.raw, &bytes, bytes.count, 0) == bytes.count ? bytes : nil
  }
}
