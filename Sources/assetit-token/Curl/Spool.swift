import CLinux
import Glibc
import LinuxSystem

/// Standard input, read to its end into a file in memory (memfd_create(2)).
enum Spool {
  /// More than this curl itself doesn't take into memory.
  static let limit = 1 << 30

  /// Stops at a signal that ends programs: they are blocked in this process.
  ///
  /// - Throws: ``SystemError``; ``Interrupted``.
  static func standardInput(_ signals: borrowing ForwardedSignals) throws -> OwnedFD {
    let file = try OwnedFD("make", "a file for standard input") { memfd_create("assetit-input", 1) }
    var (buffer, total) = ([UInt8](repeating: 0, count: 256 << 10), 0)
    while true {
      var polled = [STDIN_FILENO, signals.descriptor.raw].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      poll(&polled, 2, -1)
      for arrival in signals.take() where [SIGTERM, SIGINT, SIGHUP, SIGQUIT].contains(arrival.signal) {
        throw Interrupted(signal: arrival.signal)
      }
      guard polled[0].revents != 0 else { continue }
      let count = try retrying("read", "standard input") { read(STDIN_FILENO, &buffer, buffer.count) }
      if count == 0 { break }
      total += count
      guard total <= limit else {
        throw SystemError("keep", "more than 1 GiB of standard input", errno: EFBIG)
      }
      try write(buffer[..<count], to: file)
    }
    let raw = file.raw
    try retrying("rewind", "standard input") { lseek(raw, 0, SEEK_SET) }
    return file
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedFD) throws(SystemError) {
    let raw = file.raw
    var rest = bytes
    while !rest.isEmpty {
      let count = try retrying("keep", "standard input") {
        rest.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(count)
    }
  }

  /// A signal came that ends programs.
  struct Interrupted: Error {
    let signal: Int32
  }
}
