import Glibc
import Testing

/// A client that writes and reads bytes over a real socket, and waits no longer than five seconds.
final class LoopbackClient {
  struct Failure: Error, Equatable {
    let code: Int32
  }

  private let socket: Int32

  init(port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
  }

  deinit {
    close(socket)
  }

  func write(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  func request(_ method: String, _ path: String, _ body: String = "", headers: String = "") {
    write(
      "\(method) \(path) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
  }

  func authenticate(secret: String = "s3cret", headers: String = "") {
    let body = #"{"clientId":"id","clientSecret":"\#(secret)"}"#
    request("POST", "/api/apikeys/authenticate", body, headers: headers)
  }

  /// The next whole answer with its `Content-Length`.
  func answer() throws -> (head: String, body: String) {
    var head = ""
    while !head.hasSuffix("\r\n\r\n") { head += try exactly(1) }
    let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
      .flatMap { Int($0.dropFirst("Content-Length: ".count)) }
    return (head, try exactly(length ?? 0))
  }

  /// - Throws: ``Failure`` with the errno; with 0 where the connection has ended before.
  func exactly(_ count: Int) throws -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let read = bytes[got...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
      guard read > 0 else { throw Failure(code: read == 0 ? 0 : errno) }
      got += read
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
