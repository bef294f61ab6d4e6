import FoundationEssentials
import Glibc
import NIOCore

/// Why the simulator can't start.
struct StartFailure: Error {
  let operation: String
  let subject: String
  /// 0 where the cause isn't the system's.
  let errno: Int32

  init(_ operation: String, _ subject: String, _ cause: any Error) {
    self.operation = operation
    self.subject = subject
    errno =
      (cause as? IOError)?.errnoCode ?? ((cause as? CocoaError)?.underlying as? POSIXError)?.code.rawValue
      ?? 0
  }
}

extension StartFailure: CustomStringConvertible {
  var description: String {
    let reason = errno == 0 ? "it is no file that can be used" : String(cString: strerror(errno))
    return "cannot \(operation) \(subject): \(reason)"
  }
}
