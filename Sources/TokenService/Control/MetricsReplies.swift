import Synchronization
import TokenCore

/// Callers that have asked for metrics and get them when the daemon comes to it.
final class MetricsReplies: Sendable {
  typealias Reply = @Sendable (ControlMetrics) -> Void

  private let replies = Mutex<[Reply]>([])

  func add(_ reply: @escaping Reply) {
    replies.withLock { $0.append(reply) }
  }

  func answer(_ metrics: ControlMetrics) {
    let waiting = replies.withLock { replies in
      defer { replies = [] }
      return replies
    }
    for reply in waiting { reply(metrics) }
  }
}
