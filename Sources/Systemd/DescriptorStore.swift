internal import CSystemd
internal import Glibc
package import LinuxSystem

/// Descriptors that the service manager keeps while this service restarts (`FileDescriptorStoreMax=`,
/// sd_notify(3) FDSTORE=1), and those that it passed at the start: the same ones, and activated sockets.
package struct DescriptorStore: Sendable {
  /// A descriptor that was passed at the start (sd_listen_fds(3)).
  package final class Passed: Sendable {
    package let name: String
    package let descriptor: OwnedFD

    package init(name: String, descriptor: consuming OwnedFD) {
      self.name = name
      self.descriptor = descriptor
    }
  }

  package init() {}

  /// Takes over all that was passed. Call it once; later calls find nothing.
  package func takePassed() -> [Passed] {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    let count = sd_listen_fds_with_names(1, &names)
    guard count > 0 else { return [] }
    defer { free(names) }
    return (0..<Int(count)).map { index in
      let name = names?[index]
      defer { free(name) }
      let descriptor = OwnedFD(Int32(SD_LISTEN_FDS_START) + Int32(index))
      return Passed(name: name.map { String(cString: $0) } ?? "", descriptor: descriptor)
    }
  }

  /// Gives the manager a copy of the descriptor. Without a manager, or where the unit has no store, nothing happens.
  /// `name`: printable ASCII without a colon, at most 255 bytes.
  ///
  /// - Throws: where the manager's socket takes nothing.
  package func add(_ descriptor: borrowing OwnedFD, name: String) throws(SystemError) {
    let descriptors = [descriptor.raw]
    try Self.check("keep \(name) with") {
      sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=\(name)", descriptors, 1)
    }
  }

  /// - Throws: where the manager's socket takes nothing.
  package func remove(name: String) throws(SystemError) {
    try Self.check("give up \(name) with") { sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=\(name)") }
  }

  /// sd_notify(3) returns a negative errno.
  private static func check(_ operation: String, _ call: () -> Int32) throws(SystemError) {
    let result = call()
    guard result >= 0 else { throw SystemError(operation, "the service manager", errno: -result) }
  }
}
