import Dispatch
import Synchronization

/// Takes reports from the serving thread to the service's queue, so that a log that is stuck holds up no reader.
final class ReportQueue: Sendable {
  struct Batch {
    var reports: [ServingReport] = []
    /// How many didn't fit.
    var leftOut = 0
  }

  private struct State {
    var batch = Batch()
    var isScheduled = false
    var deliver: (@Sendable (Batch) -> Void)?
  }

  /// Reports that wait at the same time.
  private static let limit = 1024

  private let state = Mutex(State())
  private let queue: DispatchQueue

  init(queue: DispatchQueue) {
    self.queue = queue
  }

  /// `deliver` is called on the queue, with all that has come by then.
  func start(deliver: @escaping @Sendable (Batch) -> Void) {
    state.withLock { $0.deliver = deliver }
  }

  /// Never blocks.
  func push(_ report: ServingReport) {
    let isToSchedule = state.withLock { state in
      if state.batch.reports.count < Self.limit {
        state.batch.reports.append(report)
      } else {
        state.batch.leftOut += 1
      }
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isToSchedule { queue.async { [self] in flush() } }
  }

  private func flush() {
    let (batch, deliver) = state.withLock { state in
      defer {
        state.batch = Batch()
        state.isScheduled = false
      }
      return (state.batch, state.deliver)
    }
    deliver?(batch)
  }
}
