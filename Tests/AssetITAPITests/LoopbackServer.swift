import Glibc
import LinuxSystem
import Synchronization

@testable import AssetITAPI

/// A plain server on an ephemeral port of 127.0.0.1. Each connection's request is read whole and handed to
/// `serve`, on a thread of its own; then the connection is closed.
final class LoopbackServer: Sendable {
  typealias Serve = @Sendable (Connection) -> Void

  let port: UInt16
  private let listener: Int32
  private let threads = Mutex<[WorkerThread]>([])
  private let seen = Mutex<[String]>([])

  init(_ serve: @escaping Serve) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard listener >= 0, isBound else { throw ServerError(what: "bind", code: errno) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    let accepting = try WorkerThread(name: "server") { [self] in accept(serve) }
    threads.withLock { $0.append(accepting) }
  }

  /// One that sends these bytes to everyone.
  convenience init(answering answer: String) throws {
    try self.init { $0.send(answer) }
  }

  var baseURL: String { "http://127.0.0.1:\(port)" }

  /// The requests so far, whole.
  var requests: [String] { seen.withLock { $0 } }

  /// Joins the threads of connections so far, all of which must have ended, and forgets their requests.
  func reap() {
    let ended = threads.withLock { threads in
      let ended = Array(threads.dropFirst())
      threads.removeSubrange(1...)
      return ended
    }
    for thread in ended { thread.join() }
    seen.withLock { $0 = [] }
  }

  /// Ends every thread; the connections have to be closed from the other side.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    while let thread = threads.withLock({ $0.popLast() }) { thread.join() }
    close(listener)
  }

  private func accept(_ serve: @escaping Serve) {
    while true {
      let raw = Glibc.accept(listener, nil, nil)
      guard raw >= 0 else {
        if errno == EINTR { continue }
        return
      }
      let thread = try? WorkerThread(name: "server") { [self] in
        let connection = Connection(raw: raw)
        let request = connection.readRequest()
        seen.withLock { $0.append(request) }
        serve(connection)
        close(raw)
      }
      if let thread { threads.withLock { $0.append(thread) } }
    }
  }

  struct ServerError: Error {
    let what: String
    let code: Int32
  }

  struct Connection: Sendable {
    let raw: Int32

    /// Returns false once the peer is gone.
    @discardableResult
    func send(_ text: String) -> Bool { send(bytes: Array(text.utf8)) }

    @discardableResult
    func send(bytes: [UInt8]) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes {
          Glibc.send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if sent <= 0 { return false }
        rest = rest.dropFirst(sent)
      }
      return true
    }

    /// Returns once the peer has closed.
    func waitForEnd() {
      while !read().isEmpty {}
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(raw, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    func readRequest() -> String {
      var request = ""
      while true {
        let bytes = read()
        request += String(decoding: bytes, as: UTF8.self)
        if bytes.isEmpty || Self.isWhole(request) { return request }
      }
    }

    /// Whether a POST's body has come as far as its Content-Length; nothing else has one.
    private static func isWhole(_ request: String) -> Bool {
      guard request.hasPrefix("POST") else { return true }
      guard let end = request.firstRange(of: "\r\n\r\n") else { return false }
      let name = "Content-Length: "
      let line = request[..<end.lowerBound].split(separator: "\r\n").first { $0.hasPrefix(name) }
      let length = line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
      return request[end.upperBound...].utf8.count >= length
    }

    private func read() -> [UInt8] {
      var buffer = [UInt8](repeating: 0, count: 16384)
      let count = recv(raw, &buffer, buffer.count, 0)
      return Array(buffer.prefix(max(count, 0)))
    }
  }
}
