import Glibc
import Testing

/// A connected stream socket of a client; closed at its end.
final class ClientSocket: Sendable {
  let descriptor: Int32

  /// To a Unix socket (unix(7)). `limit` bounds every read and write after that.
  init(path: String, limit: Duration = .seconds(20)) throws(Failure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    Self.copy(path, into: &address.sun_path)
    descriptor = try Self.connected(AF_UNIX, to: path, limit, &address)
  }

  /// To a port on loopback.
  init(port: Int, limit: Duration = .seconds(20)) throws(Failure) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    descriptor = try Self.connected(AF_INET, to: "port \(port)", limit, &address)
  }

  deinit {
    close(descriptor)
  }

  func send(_ text: String) throws(Failure) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno != EINTR { throw Failure("send") }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  func readToEnd() throws(Failure) -> [UInt8] {
    try Descriptor.readToEnd(descriptor)
  }

  static func copy<Field>(_ path: String, into field: inout Field) {
    withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
  }

  private static func connected<Address>(
    _ family: Int32, to place: String, _ limit: Duration, _ address: inout Address
  ) throws(Failure) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("make a socket") }
    var time = timeval(
      tv_sec: Int(limit.components.seconds), tv_usec: Int(limit.components.attoseconds / 1_000_000_000_000))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard result == 0 else {
      let failure = Failure("connect to \(place)")
      close(descriptor)
      throw failure
    }
    return descriptor
  }
}

/// What a reader of a token socket gets: connect, read to the end.
enum Reader {
  static func read(_ path: String) async throws -> [UInt8] {
    try await onThread { try ClientSocket(path: path).readToEnd() }
  }

  /// The header, which must be a whole one.
  static func header(_ path: String) async throws -> Header {
    try Header(await read(path))
  }

  /// Reads until there is a header, as an app would that comes while there is none.
  static func firstHeader(_ path: String, within limit: Duration = .longest) async throws -> Header {
    try await eventually("a header on \(path)", within: limit) { try? await header(path) }
  }
}
