import Glibc

/// A client's connection, byte by byte; closed at its end. Everything blocks, for thirty seconds at most.
final class Wire {
  struct Failure: Error, CustomStringConvertible {
    let operation: String
    let code: Int32

    init(_ operation: String, _ code: Int32 = errno) {
      self.operation = operation
      self.code = code
    }

    var description: String { "\(operation): \(String(cString: strerror(code)))" }
  }

  let descriptor: Int32
  private var pending: [UInt8] = []

  /// To a Unix socket (unix(7)).
  init(path: String) throws(Failure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    descriptor = try Self.connected(AF_UNIX, &address)
  }

  /// To a port on loopback.
  init(port: Int) throws(Failure) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    descriptor = try Self.connected(AF_INET, &address)
  }

  deinit {
    close(descriptor)
  }

  private static func connected<Address>(_ family: Int32, _ address: inout Address) throws(Failure) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket") }
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard result == 0 else {
      defer { close(descriptor) }
      throw Failure("connect")
    }
    return descriptor
  }

  func send(_ text: String) throws(Failure) {
    try send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno != EINTR { throw Failure("send") }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  /// No more is sent; the answer can still be read.
  func closeSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Nothing is read any more, so that whoever still writes fails.
  func closeReceiving() {
    shutdown(descriptor, Int32(SHUT_RD))
  }

  /// - Returns: whether there was more before the other end closed. A reset is a close.
  private func fill() throws(Failure) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 {
        pending += buffer[..<count]
        return true
      }
      if count == 0 || errno == ECONNRESET { return false }
      if errno != EINTR { throw Failure("read") }
    }
  }

  func readToEnd() throws(Failure) -> [UInt8] {
    while try fill() {}
    defer { pending = [] }
    return pending
  }

  /// Up to and with the mark, without it in the result; `nil` where the other end closes before.
  func read(until mark: String) throws(Failure) -> String? {
    let mark = Array(mark.utf8)
    while true {
      if let start = pending.firstRange(of: mark)?.lowerBound {
        defer { pending.removeFirst(start + mark.count) }
        return String(decoding: pending[..<start], as: UTF8.self)
      }
      guard try fill() else { return nil }
    }
  }

  func read(_ count: Int) throws(Failure) -> [UInt8]? {
    while pending.count < count {
      guard try fill() else { return nil }
    }
    defer { pending.removeFirst(count) }
    return Array(pending[..<count])
  }
}
