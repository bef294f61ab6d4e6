import Glibc
import Synchronization

/// The service manager's end of `$NOTIFY_SOCKET` (sd_notify(3)): takes in every datagram.
final class NotifySocket: Sendable {
  struct Message: Sendable {
    /// Seconds on CLOCK_MONOTONIC.
    let at: Double
    let text: String

    var lines: [Substring] { text.split(separator: "\n") }
  }

  let path: String
  private let received = Mutex<[Message]>([])
  private let isOver = Atomic<Bool>(false)

  init(path: String) throws(Failure) {
    self.path = path
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("make a socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    ClientSocket.copy(path, into: &address.sun_path)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let failure = Failure("bind \(path)")
      close(descriptor)
      throw failure
    }
    var patience = timeval(tv_sec: 0, tv_usec: 100_000)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    startThread { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 16 * 1024)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard let self, !self.isOver.load(ordering: .relaxed) else { break }
        guard count >= 0 else { continue }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        self.received.withLock { $0.append(Message(at: monotonic(), text: text)) }
      }
      close(descriptor)
    }
  }

  deinit {
    isOver.store(true, ordering: .relaxed)
  }

  var messages: [Message] { received.withLock { $0 } }

  /// Messages of which a line is `line`, or begins with it where it ends in `=`.
  func messages(with line: String) -> [Message] {
    messages.filter { message in
      message.lines.contains { line.hasSuffix("=") ? $0.hasPrefix(line) : $0 == line }
    }
  }

  /// What comes after a line's `=`, of the newest message that has it.
  func newest(_ name: String) -> String? {
    messages(with: name + "=").last?.lines.last { $0.hasPrefix(name + "=") }
      .map { String($0.dropFirst(name.count + 1)) }
  }
}
