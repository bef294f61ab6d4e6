internal import Glibc

extension OwnedFD {
  /// Takes the exclusive lock on the open file for as long as this descriptor or a copy of it is open, without waiting
  /// (flock(2)).
  ///
  /// - Returns: `false` where another open file of the same inode holds it.
  /// - Throws: where the file system has no locks.
  package borrowing func lock(_ subject: String) throws(SystemError) -> Bool {
    let raw = self.raw
    do throws(SystemError) {
      try retrying("lock", subject) { flock(raw, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      guard error.errno == EWOULDBLOCK else { throw error }
      return false
    }
  }
}
