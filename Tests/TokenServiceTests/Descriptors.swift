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
