import LinuxSystem
import Synchronization
import Systemd
import TokenCore

/// The daemon's log. Any thread may write to it, and none waits for it: sentences are made and written by a thread of its
/// own.
final class OperatorLog: Sendable {
  private let thread: LogThread
  private let isPrefixed: Bool
  private let level: Mutex<Configuration.LogLevel>

  /// `dropped` is called on any thread when writings are dropped, since the log takes no more.
  ///
  /// - Throws: where the kernel gives no thread.
  convenience init(
    _ stream: JournalStream, level: Configuration.LogLevel,
    dropped: @escaping @Sendable (_ total: Int) -> Void
  ) throws(SystemError) {
    try self.init(isPrefixed: stream != .plain, level: level, dropped: dropped) { $0.write(to: stream) }
  }

  /// `put` writes a line, on the log's thread.
  init(
    isPrefixed: Bool, level: Configuration.LogLevel, dropped: @escaping @Sendable (_ total: Int) -> Void,
    put: @escaping @Sendable (LogThread.Line) -> Void
  ) throws(SystemError) {
    self.isPrefixed = isPrefixed
    self.level = Mutex(level)
    thread = try LogThread(put: put, dropped: dropped)
  }

  func setLevel(_ new: Configuration.LogLevel) { level.withLock { $0 = new } }

  /// `make` is called on the log's thread.
  func write(_ make: @escaping @Sendable () -> [LogMessage]) {
    thread.write { [self] in
      let level = level.withLock { $0 }
      return make().filter { level.admits($0.level) }.map { Self.line($0, isPrefixed) }
    }
  }

  /// Takes no more messages and waits until the others are written, half a second at most.
  func finish() { thread.finish() }

  private static func line(_ message: LogMessage, _ isPrefixed: Bool) -> LogThread.Line {
    let text = Printable.line(message.text)
    let priority = "\(message.level.priority)"
    let fields = [
      ("MESSAGE", text), ("MESSAGE_ID", message.id.rawValue), ("PRIORITY", priority),
      ("SYSLOG_IDENTIFIER", "assetit-tokend"),
    ]
    let plain = (isPrefixed ? "<\(priority)>" : "\(message.level.rawValue): ") + text + "\n"
    return LogThread.Line(
      fields: fields + message.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      plain: Array(plain.utf8))
  }
}

extension Configuration.LogLevel {
  /// From the most talkative to the most silent.
  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Whether a message of that level is written at this one.
  fileprivate func admits(_ other: Configuration.LogLevel) -> Bool { other.rank >= rank }

  /// syslog(3) priorities, as the journal and sd-daemon(3) use them.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
