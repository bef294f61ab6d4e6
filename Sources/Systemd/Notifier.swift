internal import CSystemd

/// Tells the service manager how the service is (sd_notify(3)). Without one (`$NOTIFY_SOCKET` unset) it does
/// nothing.
package struct Notifier: Sendable {
  package enum Message: Equatable, Sendable {
    case ready
    /// One line for `systemctl status`.
    case status(String)
    /// `monotonic`: microseconds on `CLOCK_MONOTONIC` when the reload began.
    case reloading(monotonic: Int64)
    case stopping
    case watchdog
    /// Start or stop may take this much longer, from now.
    case extendTimeout(Duration)
  }

  package init() {}

  /// Sends the messages as one datagram. A manager that can't be reached is no reason to stop serving, so a
  /// failure is not reported.
  package func send(_ messages: Message...) {
    send(messages)
  }

  package func send(_ messages: [Message]) {
    sd_notify(0, messages.map(\.line).joined(separator: "\n"))
  }

  /// How long the manager waits for a sign of life (`WatchdogSec=`); `nil` where it doesn't.
  package var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }
}

extension Notifier.Message {
  /// The assignment, as sd_notify(3) writes it.
  package var line: String {
    switch self {
    case .ready: "READY=1"
    case .status(let text): "STATUS=" + Self.oneLine(text)
    case .reloading(let monotonic): "RELOADING=1\nMONOTONIC_USEC=\(monotonic)"
    case .stopping: "STOPPING=1"
    case .watchdog: "WATCHDOG=1"
    case .extendTimeout(let time):
      "EXTEND_TIMEOUT_USEC=\(time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000)"
    }
  }

  /// systemd drops a datagram of more than 4,096 bytes, with all that is in it.
  private static func oneLine(_ text: String) -> String {
    let limit = 2_000
    let line = text.map { $0.isNewline ? " " : String($0) }.joined()
    guard line.utf8.count > limit else { return line }
    var cut = line.prefix(limit)
    while cut.utf8.count > limit { cut = cut.dropLast(max(1, (cut.utf8.count - limit) / 4)) }
    return cut + "…"
  }
}
