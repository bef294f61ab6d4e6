internal import CCurl
internal import TokenCore

/// Hears from libcurl's own account of a transfer (CURLOPT_DEBUGFUNCTION(3)) which TLS was agreed on: libcurl 7.88
/// has no other way to tell. Nothing else of the account is kept, since it holds headers and bodies.
final class HandshakeListener {
  private static let beginning = Array("SSL connection using ".utf8)

  private(set) var version: String?
  private(set) var cipher: String?

  /// This object must outlive the transfer.
  func listen(to easy: EasyHandle) throws(ExchangeFailure) {
    try easy.set(CURLOPT_CERTINFO, 1)
    try easy.set(CURLOPT_VERBOSE, 1)
    try easy.set(CURLOPT_DEBUGDATA, to: Unmanaged.passUnretained(self).toOpaque())
    let listener: ccurl_listener = { _, type, bytes, count, context in
      if type == CURLINFO_TEXT, let bytes, let context {
        let listener = Unmanaged<HandshakeListener>.fromOpaque(context).takeUnretainedValue()
        listener.hear(UnsafeRawBufferPointer(start: bytes, count: count))
      }
      return 0
    }
    try easy.set(listener)
  }

  /// `SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384`, and in later releases more parts.
  private func hear(_ line: UnsafeRawBufferPointer) {
    guard line.starts(with: Self.beginning) else { return }
    let words = String(decoding: line.dropFirst(Self.beginning.count), as: UTF8.self).split(separator: " / ")
    version = words.first.map { String($0.filter { !$0.isNewline }) }
    cipher = words.dropFirst().first.map { String($0.filter { !$0.isNewline }) }
  }
}

extension EasyHandle {
  /// Names and values about the service's certificate (CURLINFO_CERTINFO(3)).
  var certificate: [String: String] {
    var lines: [String: String] = [:]
    var next = ccurl_get_certificate(raw)
    while let line = next, lines.count < 100 {
      let parts = String(cString: line.pointee.data).split(separator: ":", maxSplits: 1)
      if parts.count == 2 { lines[String(parts[0])] = String(parts[1]) }
      next = UnsafePointer(line.pointee.next)
    }
    return lines
  }
}
