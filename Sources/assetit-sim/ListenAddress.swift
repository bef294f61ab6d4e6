import ArgumentParser
import Glibc

/// A loopback address and a port. No other address can be written: the simulator hands out tokens and lets
/// whoever reaches it steer it.
struct ListenAddress: Equatable, Sendable {
  let host: String
  let port: Int
}

extension ListenAddress: ExpressibleByArgument {
  /// Takes `127.0.0.1:8080` or `[::1]:8080`; `nil` where it isn't loopback.
  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...])
    else { return nil }
    var host = String(argument[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard Self.isLoopback(host) else { return nil }
    self.init(host: host, port: Int(port))
  }

  private static func isLoopback(_ host: String) -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    var six = in6_addr()
    guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
    return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
  }

  var defaultValueDescription: String { description }
}

extension ListenAddress: CustomStringConvertible {
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
