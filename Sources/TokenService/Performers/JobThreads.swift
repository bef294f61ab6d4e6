import LinuxSystem
import Synchronization

/// Threads for calls that may hang: each runs one job at a time, and ends once it has been idle for a moment. A thread
/// whose job never returns is lost; what follows it gets another one.
final class JobThreads: Sendable {
  typealias Job = @Sendable () -> Void

  private struct State {
    var jobs: [Job] = []
    var idle = 0
  }

  /// Long enough for the next job of a series, short enough that an idle daemon has no such thread.
  private static let idleTime = Duration.milliseconds(100)

  private let name: String
  private let state = Mutex(State())
  /// Signalled once for each idle thread that was taken.
  private let work = TimedSemaphore()

  /// `name`: at most 15 bytes.
  init(name: String) {
    self.name = name
  }

  /// Runs the job at once, on a thread of its own or on an idle one.
  ///
  /// - Throws: where the kernel gives no thread; the job isn't run then.
  func run(_ job: @escaping Job) throws(SystemError) {
    let hasIdle = state.withLock { state in
      guard state.idle > 0 else { return false }
      state.idle -= 1
      state.jobs.append(job)
      return true
    }
    if hasIdle {
      work.signal()
    } else {
      try WorkerThread(name: name) { [self] in serve(job) }.detach()
    }
  }

  private func serve(_ first: Job) {
    var job = first
    while true {
      job()
      guard let next = next() else { return }
      job = next
    }
  }

  private func next() -> Job? {
    state.withLock { $0.idle += 1 }
    if !work.wait(within: Self.idleTime) {
      let mayEnd = state.withLock { state in
        guard state.idle > 0 else { return false }
        state.idle -= 1
        return true
      }
      if mayEnd { return nil }
      // It was taken just now, so its signal is on the way.
      work.wait()
    }
    return state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
  }
}
