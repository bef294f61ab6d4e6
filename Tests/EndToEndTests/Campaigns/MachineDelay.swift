import Glibc
import Synchronization

/// How late a process of this machine gets its turn: time limits are lengthened by it, so that a busy machine isn't
/// taken for a slow daemon.
final class MachineDelay: Sendable {
  private let isOver = Atomic<Bool>(false)
  /// The longest delay that was seen lately, seconds; it fades by a tenth each second.
  private let worst = Mutex(0.0)

  init() {
    startThread { [weak self] in
      while true {
        let before = monotonic()
        usleep(20_000)
        let late = monotonic() - before - 0.02
        guard let self, !self.isOver.load(ordering: .relaxed) else { return }
        self.worst.withLock { $0 = max($0 * 0.998, late) }
      }
    }
  }

  deinit {
    isOver.store(true, ordering: .relaxed)
  }

  /// Seconds; several turns are needed for one answer.
  var seconds: Double { worst.withLock { $0 } * 4 }
}
