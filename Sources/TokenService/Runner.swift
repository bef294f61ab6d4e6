import AssetITAPI
import DaemonCore
import Dispatch
import Glibc
import LinuxSystem
import Systemd
import TokenConfig
import TokenCore

/// The loop that decides: takes what has happened, asks the machine what it means, and hands what is to be done to those
/// who do it. Nothing in it blocks. All of it happens on the thread that calls ``run(_:)``.
final class Runner {
  private enum Tag {
    static let inbox: UInt64 = 0
    static let signals: UInt64 = 1
    static let changes: UInt64 = 2
  }

  private let epoll: Epoll
  /// Its handler does no more than wake the loop.
  private let alarm: BootTimer
  private let signals: SignalQueue
  private let inbox: Inbox
  private let changes: FolderWatch?
  private let watcher: FileWatcher
  private let replaced: ReplacedFiles
  private let performer: Performer
  private var machine: DaemonMachine
  private var random = SystemRandomNumberGenerator()
  /// What the alarm is set to.
  private var alarmAt: BootTime?
  private var isResting = false

  /// - Throws: where the kernel has no descriptor left.
  init(
    _ machine: DaemonMachine, _ inbox: Inbox, _ performer: Performer, signals: consuming SignalQueue,
    changes: FolderWatch?, seen: SeenFiles, replaced: ReplacedFiles
  ) throws(SystemError) {
    self.machine = machine
    self.inbox = inbox
    self.performer = performer
    self.changes = changes
    self.replaced = replaced
    watcher = FileWatcher(changes, seen) { folder, result in inbox.push(.surveyed(folder: folder, result)) }
    let epoll = try Epoll()
    try inbox.watch(in: epoll, tag: Tag.inbox)
    try signals.watch(in: epoll, tag: Tag.signals)
    try changes?.watch(in: epoll, tag: Tag.changes)
    self.epoll = epoll
    alarm = BootTimer(queue: DispatchQueue(label: "assetit-tokend.alarm")) { inbox.push(.due) }
    self.signals = signals
  }

  /// Returns when the machine says that the process is to end.
  func run(_ inheritance: Inheritance) -> ExitStatus {
    var tags: [UInt64] = []
    process(.started(inheritance))
    while true {
      if let status = performer.status { return status }
      say(watcher.flush(.now()))
      setAlarm()
      epoll.wait(timeout: nil, into: &tags)
      for tag in tags { take(tag) }
    }
  }

  private func take(_ tag: UInt64) {
    switch tag {
    case Tag.inbox:
      for item in inbox.take() {
        switch item {
        case .input(let input): process(input)
        case .surveyed(let folder, let result): say(watcher.apply(result, to: folder, .now()))
        case .due: wake()
        case .call(let reply): reply()
        }
      }
    case Tag.signals:
      while let signal = signals.next() { process(.signal(Signal(signal))) }
    default:
      say(watcher.read(.now()))
      rest(watcher.restsUntil != nil)
    }
  }

  private func wake() {
    alarmAt = nil
    let now = BootTime.now()
    replaced.wake(now)
    watcher.wake(now)
    rest(watcher.restsUntil != nil)
    if let due = machine.wakeAt, due <= now { process(.woke) }
  }

  private func process(_ input: Input) {
    guard performer.status == nil else { return }
    if case .exchangeEnded(let number, _) = input { performer.forget(number) }
    for effect in machine.process(input, at: .current(), random: &random) {
      switch effect {
      case .watch(let path): watcher.add(path)
      case .unwatch(let path): say(watcher.remove(path))
      default: performer.perform(effect)
      }
    }
  }

  private func say(_ news: [FileWatcher.News]) {
    for news in news {
      switch news {
      case .changed(let path): process(.changed(path: path))
      case .changedAll(let folder): process(.changedAll(folder: folder))
      case .polled(let folder, let reason): process(.polled(folder: folder, reason: reason))
      case .notPolled(let folder): process(.notPolled(folder: folder))
      }
    }
  }

  /// Changes gather in the kernel while they aren't taken.
  private func rest(_ rests: Bool) {
    guard rests != isResting else { return }
    isResting = rests
    changes?.listen(!rests, in: epoll, tag: Tag.changes)
  }

  private func setAlarm() {
    let next = [machine.wakeAt, watcher.wakeAt, replaced.wakeAt].compactMap { $0 }.min()
    guard next != alarmAt else { return }
    alarm.set(next)
    alarmAt = next
  }
}

extension Signal {
  /// What the daemon listens to; they must be blocked in every thread.
  static let numbers = [SIGTERM, SIGINT, SIGHUP, SIGUSR1]

  init(_ number: Int32) {
    switch number {
    case SIGHUP: self = .reload
    case SIGUSR1: self = .refresh
    default: self = .stop
    }
  }
}
