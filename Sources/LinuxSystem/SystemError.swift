internal import Glibc

/// A system call that failed: what was tried, on what, and why (errno(3)).
package struct SystemError: Error, Equatable, Sendable {
  package let operation: String
  package let subject: String
  package let errno: Int32
  /// What an operator can do about it, as a phrase; `nil` where errno's text says enough.
  package let remedy: String?

  package init(_ operation: String, _ subject: String, errno code: Int32? = nil, remedy: String? = nil) {
    self.operation = operation
    self.subject = subject
    self.errno = code ?? Glibc.errno
    self.remedy = remedy
  }

  /// Whether the kernel refused since this user may not: EACCES, EPERM.
  package var isPermission: Bool { errno == EACCES || errno == EPERM }

  /// Whether descriptors or memory have run out, of this process or of the host, which may pass by itself.
  package var isShortage: Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) }

  /// The text of `errno`, as strerror(3) gives it.
  package var reason: String { String(cString: strerror(errno)) }
}

extension SystemError {
  /// Something that failed at the path of a socket or header file, with the remedy for what operators meet there.
  package static func ofOutlet(_ operation: String, _ path: String, errno code: Int32? = nil) -> SystemError {
    let code = code ?? Glibc.errno
    let folder = Folder.folderPath(of: path)
    let remedy: String? =
      switch code {
      case EBUSY:
        "it is a mount point: mount the folder \(folder), not the file, or let readers use the socket"
      case EROFS:
        "the folder is read-only for the service: add ReadWritePaths=\(folder) to [Service] (systemctl edit"
          + " assetit-tokend) and restart it"
      default: nil
      }
    return SystemError(operation, path, errno: code, remedy: remedy)
  }
}

extension SystemError: CustomStringConvertible {
  package var description: String {
    "cannot \(operation) \(subject): \(reason)" + (remedy.map { " (\($0))" } ?? "")
  }
}
