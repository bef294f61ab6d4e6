import Glibc

enum StandardError {
  /// Writes the text and a newline.
  static func write(_ text: String) {
    let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
    bytes.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
