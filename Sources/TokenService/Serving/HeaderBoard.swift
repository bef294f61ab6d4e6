import LinuxSystem
import Synchronization
import TokenCore

/// What one profile's readers get right now. The service writes it, the serving thread reads it.
final class HeaderBoard: Sendable {
  struct Posting {
    let header: Secret
    let deadline: BootTime
  }

  private let posting = Mutex<Posting?>(nil)

  func post(_ header: Secret, until deadline: BootTime) {
    posting.withLock { $0 = Posting(header: header, deadline: deadline) }
  }

  func withdraw() {
    posting.withLock { $0 = nil }
  }

  /// What is posted, unless its time has come: the clock is read anew for every reader, whatever the timers do.
  var current: Posting? {
    posting.withLock { posting in
      guard let posting, BootTime.now() < posting.deadline else { return nil }
      return posting
    }
  }
}
