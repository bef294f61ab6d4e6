import Glibc
import LinuxSystem
import Synchronization
import Systemd

/// Writes the log on a thread of its own, so that neither a journal that has stopped nor a pipe that nobody reads
/// holds anything up: lines that don't fit are dropped and counted.
final class LogThread: Sendable {
  struct Line: Sendable {
    /// As the journal takes it; the first is `MESSAGE`.
    let fields: [(name: String, value: String)]
    /// For standard error, with its newline.
    let plain: [UInt8]
  }

  /// Lines that wait at the same time.
  private static let limit = 2_048
  /// How long the end of the process waits for what is still to be written.
  private static let patience = Duration.milliseconds(500)

  /// Lines that are made on the thread.
  private let queue = BoundedQueue<@Sendable () -> [Line]>(limit: limit)
  private let put: @Sendable (Line) -> Void
  private let drops = Atomic<Int>(0)
  /// Whether ``dropped`` has been called since the last batch was written.
  private let isTold = Atomic<Bool>(false)
  private let isOver = TimedSemaphore()
  private let dropped: @Sendable (_ total: Int) -> Void

  /// `put` writes a line, on the thread. `dropped` is called on any thread when lines begin to be dropped, and when they
  /// have been.
  ///
  /// - Throws: where the kernel gives no thread.
  init(
    put: @escaping @Sendable (Line) -> Void, dropped: @escaping @Sendable (_ total: Int) -> Void
  ) throws(SystemError) {
    self.put = put
    self.dropped = dropped
    try WorkerThread(name: "log") { [self] in run() }.detach()
  }

  /// Never blocks. `make` is called on the thread.
  func write(_ make: @escaping @Sendable () -> [Line]) {
    guard !queue.push(make) else { return }
    let total = drops.add(1, ordering: .relaxed).newValue
    if !isTold.exchange(true, ordering: .relaxed) { dropped(total) }
  }

  /// Takes no more lines and waits until the others are written, half a second at most.
  func finish() {
    queue.close()
    _ = isOver.wait(within: Self.patience)
  }

  private func run() {
    var told = 0
    while true {
      let makers = queue.take()
      if makers.isEmpty { break }
      for make in makers { make().forEach(put) }
      let total = drops.load(ordering: .relaxed)
      if total > told { dropped(total) }
      told = total
      isTold.store(false, ordering: .relaxed)
    }
    isOver.signal()
  }
}

extension LogThread.Line {
  /// Writes it to where standard error leads: to the journal with all fields, or as a line of text.
  func write(to stream: JournalStream) {
    if stream == .native, Journal.send(fields) { return }
    // One write(2) a line, so that lines of several processes don't mix.
    plain.withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
