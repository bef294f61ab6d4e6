internal import Glibc

/// A system call that failed: what was tried, on what, and why (errno(3)).
package struct SystemError: Error, Equatable, Sendable {
  package let operation: String
  package let subject: String
  package let errno: Int32

  package init(_ operation: String, _ subject: String, errno code: Int32? = nil) {
    self.operation = operation
    self.subject = subject
    self.errno = code ?? Glibc.errno
  }

  /// Whether the kernel refused since this user may not: EACCES, EPERM.
  package var isPermission: Bool { errno == EACCES || errno == EPERM }

  /// Whether descriptors or memory have run out, of this process or of the host, which may pass by itself.
  package var isShortage: Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) }

  /// The text of `errno`, as strerror(3) gives it.
  package var reason: String { String(cString: strerror(errno)) }
}

extension SystemError: CustomStringConvertible {
  package var description: String { "cannot \(operation) \(subject): \(reason)" }
}
