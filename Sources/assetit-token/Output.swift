import ArgumentParser
import Glibc

enum StandardError {
  /// Writes the text with the program's name before it and a newline after it.
  static func write(_ text: String) {
    let bytes = Array("assetit-token: \(text)\n".utf8)
    bytes.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

enum StandardOutput {
  /// - Throws: `ExitCode` 74, once a sentence is on standard error.
  static func write(_ bytes: [UInt8]) throws(ExitCode) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        StandardError.write("cannot write to standard output: \(String(cString: strerror(errno)))")
        throw ExitCode(ExitStatus.output.rawValue)
      }
      rest = rest.dropFirst(count)
    }
  }

  static func write(line: String) throws(ExitCode) {
    try write(Array(line.utf8) + [UInt8(ascii: "\n")])
  }
}
