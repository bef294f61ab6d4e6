import LinuxSystem
import Synchronization
import TokenCore

/// Serves the token sockets of all profiles on one thread of its own, so that neither a refresh nor a reload
/// ever waits for readers, nor they for it.
final class TokenServer: Sendable {
  enum Command {
    case add(ReaderSocket)
    /// Answers those who are queued, turns away those who wait, and closes.
    case remove(ReaderSocket)
    /// The profile's board has a header that it hadn't before, or its readers are others.
    case posted(profile: String)
    /// From now on so many readers may wait.
    case limit(Int)
    /// Calls it, on the thread: it comes round.
    case probe(@Sendable () -> Void)
    /// `answeringQueue`: those who are queued are answered first, which ends only where nobody new can come.
    case shutDown(answeringQueue: Bool)
  }

  private let commands = Mutex<[Command]>([])
  private let wakeUp: WakeUp
  private let thread = Mutex<WorkerThread?>(nil)

  /// Starts the thread. `report` is called on the thread and must not block.
  ///
  /// - Throws: where the kernel has no descriptor or thread left.
  init(
    _ budget: DescriptorBudget, report: @escaping @Sendable (ServingReport) -> Void
  ) throws(SystemError) {
    wakeUp = try WakeUp()
    let epoll = try Epoll()
    try wakeUp.watch(in: epoll, tag: ServingLoop.wakeUpTag)
    let loop = ServingLoop(
      epoll: epoll, server: self, waiting: WaitingRoom(limit: budget.waitingReaders), report: report)
    let worker = try WorkerThread(name: "token-readers") { loop.run() }
    thread.withLock { $0 = worker }
  }

  func send(_ command: Command) {
    commands.withLock { $0.append(command) }
    wakeUp.ring()
  }

  /// Ends the thread. `answeringQueue`: not before whoever is queued has been answered.
  func shutDown(answeringQueue: Bool) {
    send(.shutDown(answeringQueue: answeringQueue))
    thread.withLock { $0.take() }?.join()
  }

  /// For the thread: what has been sent since the last call.
  func takeCommands() -> [Command] {
    wakeUp.clear()
    return commands.withLock { commands in
      defer { commands = [] }
      return commands
    }
  }
}
