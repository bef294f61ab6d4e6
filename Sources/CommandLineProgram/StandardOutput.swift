package import ArgumentParser
internal import LinuxSystem
package import TokenCore

/// What a command prints.
package enum StandardOutput {
  /// EX_IOERR of sysexits.h.
  private static let failure = ExitCode(74)

  /// - Throws: `ExitCode` 74, once a sentence is on standard error.
  package static func write(_ bytes: [UInt8]) throws(ExitCode) {
    try bytes.span.withUnsafeBytes { bytes throws(ExitCode) in try write(bytes) }
  }

  /// Without a copy that would stay in memory.
  ///
  /// - Throws: as for bytes.
  package static func write(_ secret: Secret) throws(ExitCode) {
    try secret.withBytes { bytes throws(ExitCode) in
      try bytes.withUnsafeBytes { bytes throws(ExitCode) in try write(bytes) }
    }
  }

  /// The text and a newline.
  ///
  /// - Throws: as for bytes.
  package static func write(line: String) throws(ExitCode) {
    try write(Array(line.utf8) + [UInt8(ascii: "\n")])
  }

  private static func write(_ bytes: UnsafeRawBufferPointer) throws(ExitCode) {
    do throws(SystemError) {
      try StandardStreams.write(bytes)
    } catch {
      StandardStreams.report("\(error)\n")
      throw failure
    }
  }
}

/// What a command says about itself.
package enum StandardError {
  /// Each line with what could hide or turn parts of it made visible, and with `prefix` before the first.
  package static func write(_ text: String, prefix: String = "") {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Printable.text($0) }
    StandardStreams.report(prefix + lines.joined(separator: "\n") + "\n")
  }
}
