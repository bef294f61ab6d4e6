import Glibc
import LinuxSystem
import TestSupport
import Testing

/// An unlinked file in the temporary folder (O_TMPFILE, open(2)).
func openTemporary() -> Int32 {
  open("/tmp", O_RDWR | 0o20_200_000 | O_CLOEXEC, 0o600)
}

extension OwnedFD {
  borrowing func write(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
  }
}

/// How many descriptors this process has open.
func openDescriptors() throws -> Int {
  var count = 0
  let folder = try #require(opendir("/proc/self/fd"))
  defer { closedir(folder) }
  while readdir(folder) != nil { count += 1 }
  return count
}
