import DaemonCore
import LinuxSystem
import Synchronization

/// What has happened, on its way from any thread to the loop that decides.
final class Inbox: Sendable {
  enum Item: Sendable {
    case input(Input)
    /// The watcher has looked where paths of a folder lead.
    case surveyed(folder: String, PathSurvey.Result)
    /// The alarm rings.
    case due
    /// To be called there, which shows that the loop comes round.
    case call(@Sendable () -> Void)
  }

  private let items = Mutex<[Item]>([])
  private let wakeUp: WakeUp

  /// - Throws: where the kernel has no descriptor left.
  init() throws(SystemError) {
    wakeUp = try WakeUp()
  }

  func push(_ input: Input) { push(.input(input)) }

  /// Never blocks.
  func push(_ item: Item) {
    let isFirst = items.withLock { items in
      items.append(item)
      return items.count == 1
    }
    if isFirst { wakeUp.ring() }
  }

  /// For the loop: what has come since the last call, in order.
  func take() -> [Item] {
    wakeUp.clear()
    return items.withLock { items in
      defer { items = [] }
      return items
    }
  }

  func watch(in epoll: borrowing Epoll, tag: UInt64) throws(SystemError) {
    try wakeUp.watch(in: epoll, tag: tag)
  }
}
