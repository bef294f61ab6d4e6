internal import Glibc

/// A descriptor with one owner: it is closed when the owner goes.
package struct OwnedFD: ~Copyable, Sendable {
  package let raw: Int32

  /// Takes over `raw`.
  package init(_ raw: Int32) {
    self.raw = raw
  }

  /// Takes over the result of a call that makes a descriptor, repeated while a signal interrupts it.
  ///
  /// - Throws: ``SystemError`` where the call says -1.
  package init(_ operation: String, _ subject: String, _ call: () -> Int32) throws(SystemError) {
    raw = try retrying(operation, subject, call)
  }

  /// A second descriptor for the same thing, closed on its own.
  package borrowing func duplicate() throws(SystemError) -> OwnedFD {
    try OwnedFD("duplicate", "descriptor \(raw)") { fcntl(raw, F_DUPFD_CLOEXEC, 3) }
  }

  /// One to hold on to and to give up when there is no other left.
  package static func spare() throws(SystemError) -> OwnedFD {
    try OwnedFD("open", "/dev/null") { open("/dev/null", O_RDONLY | O_CLOEXEC) }
  }

  /// Gives the descriptor away; the caller closes it.
  package consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  deinit {
    // close(2): on Linux the descriptor is gone even where EINTR is said, so it is never tried again.
    close(raw)
  }
}

/// Calls until it isn't interrupted by a signal.
///
/// - Returns: what the call returned, 0 or more.
/// - Throws: ``SystemError`` with the errno of a call that returned -1.
@discardableResult
package func retrying<Result: BinaryInteger>(
  _ operation: String, _ subject: String, _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw SystemError(operation, subject, errno: code) }
  }
}
