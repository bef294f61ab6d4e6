internal import Glibc

/// Standard input, output and error (stdin(3)).
package enum StandardStreams {
  /// Opens /dev/null in place of those that are closed, so that nothing else gets their numbers. To be called before
  /// anything else is opened. A write to an output that was closed still fails.
  package static func secure() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
      // The lowest number that is free (open(2)). Nothing can be written to an output that is opened for reading.
      _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes all of it to standard output.
  ///
  /// - Throws: ``SystemError``, also where standard output is closed.
  package static func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try write(bytes, to: STDOUT_FILENO, "standard output")
  }

  /// Writes the text to standard error as far as that can be done.
  package static func report(_ text: String) {
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes { try? write($0, to: STDERR_FILENO, "standard error") }
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ name: String
  ) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      do throws(SystemError) {
        written += try retrying("write to", name) {
          Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        }
      } catch {
        // A descriptor that somebody else has made non-blocking (O_NONBLOCK is a property of the open file).
        guard error.errno == EAGAIN else { throw error }
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&polled, 1, -1)
      }
    }
  }
}
