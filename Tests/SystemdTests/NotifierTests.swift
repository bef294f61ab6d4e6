import Glibc
import Systemd
import Testing

@Suite("What the service manager is told")
struct NotifierTests {
  @Test(
    "Each message is the assignment of sd_notify(3)",
    arguments: [
      (.ready, "READY=1"),
      (.stopping, "STOPPING=1"),
      (.watchdog, "WATCHDOG=1"),
      (.reloading(monotonic: 1_234_567), "RELOADING=1\nMONOTONIC_USEC=1234567"),
      (.status("default: valid"), "STATUS=default: valid"),
      (.status("one\ntwo\r\nREADY=1\rfour\u{2028}five"), "STATUS=one two READY=1 four five"),
      (.status(""), "STATUS="),
    ] as [(Notifier.Message, String)])
  func lines(message: Notifier.Message, line: String) {
    #expect(message.line == line)
  }

  @Test(
    "A longer time is asked for in whole microseconds, the only form that systemd reads",
    arguments: [(.seconds(30), "30000000"), (.milliseconds(1500), "1500000"), (.nanoseconds(1999), "1")]
      as [(Duration, String)])
  func extendTimeout(time: Duration, microseconds: String) {
    #expect(Notifier.Message.extendTimeout(time).line == "EXTEND_TIMEOUT_USEC=\(microseconds)")
  }

  @Test("A long status doesn't make the datagram longer than the 4,096 bytes that systemd reads")
  func longStatus() {
    let status = String(repeating: "config.toml: profiles.ä: unknown key; ", count: 200)
    let bytes = [Notifier.Message.ready, .status(status)].map(\.line).joined(separator: "\n").utf8.count
    #expect(bytes <= 4096)
  }

  @Test("Messages go to $NOTIFY_SOCKET as one datagram")
  func sends() async {
    await #expect(processExitsWith: .success) {
      let manager = try Manager()
      setenv("NOTIFY_SOCKET", manager.address, 1)
      Notifier().send(.ready, .status("well\nREADY=0"), .reloading(monotonic: 5))
      guard manager.receive() == "READY=1\nSTATUS=well READY=0\nRELOADING=1\nMONOTONIC_USEC=5" else {
        exit(1)
      }
      Notifier().send(.watchdog)
      guard manager.receive() == "WATCHDOG=1" else { exit(2) }
      exit(manager.receive() == nil ? 0 : 3)
    }
  }

  @Test("Nothing happens without a manager, or with one that is gone")
  func withoutManager() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      Notifier().send(.ready)
      setenv("NOTIFY_SOCKET", "@assetit-nobody-\(getpid())", 1)
      Notifier().send(.ready)
      exit(0)
    }
  }

  @Test("A watchdog is this process's only where $WATCHDOG_PID says so")
  func watchdog() async {
    await #expect(processExitsWith: .success) {
      unsetenv("WATCHDOG_USEC")
      guard Notifier().watchdogInterval == nil else { exit(1) }
      setenv("WATCHDOG_USEC", "30000000", 1)
      setenv("WATCHDOG_PID", "\(getpid())", 1)
      guard Notifier().watchdogInterval == .seconds(30) else { exit(2) }
      setenv("WATCHDOG_PID", "1", 1)
      exit(Notifier().watchdogInterval == nil ? 0 : 3)
    }
  }
}

/// A service manager's notification socket, at an abstract address.
private struct Manager {
  let address: String
  private let descriptor: Int32

  init() throws {
    address = "@assetit-notify-\(getpid())"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let text = Array(address.utf8.dropFirst())
    withUnsafeMutableBytes(of: &name.sun_path) { $0[1...].copyBytes(from: text) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + text.count)
    let descriptor = descriptor
    let result = withUnsafePointer(to: name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(result == 0)
  }

  /// What has come; `nil` where nothing has.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}
