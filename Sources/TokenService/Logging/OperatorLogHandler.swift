import Glibc
import Logging
import Systemd
import TokenCore

/// Writes log lines to where standard error leads: the journal with all fields, or lines of text.
struct OperatorLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  private let stream: JournalStream

  init(_ stream: JournalStream) {
    self.stream = stream
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = Printable.line("\(event.message)")
    let priority = Self.priority(event.level)
    if stream == .native {
      var fields = [
        ("MESSAGE", text), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "assetit-tokend"),
        ("CODE_FILE", event.file), ("CODE_LINE", "\(event.line)"), ("CODE_FUNC", event.function),
      ]
      fields += (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
      if Journal.send(fields) { return }
    }
    let prefix = stream == .plain ? "\(event.level): " : "<\(priority)>"
    writeLine(prefix + text)
  }

  /// One write(2) a line, so that lines of several threads don't mix.
  private func writeLine(_ line: String) {
    let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
    bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// syslog(3) priorities, as the journal and sd-daemon(3) use them.
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

extension Logger {
  /// The daemon's own.
  static func operatorLog(_ stream: JournalStream, level: Level) -> Logger {
    var logger = Logger(label: "assetit-tokend") { _ in OperatorLogHandler(stream) }
    logger.logLevel = level
    return logger
  }

  func log(_ notice: Notice, file: String = #fileID, function: String = #function, line: UInt = #line) {
    var metadata = notice.fields.mapValues { MetadataValue.string($0) }
    metadata["MESSAGE_ID"] = .string(notice.id.rawValue)
    log(
      level: notice.level, "\(notice.text)", metadata: metadata, file: file, function: function, line: line)
  }
}
