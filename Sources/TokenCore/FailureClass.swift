/// What a failure means for the next attempt. Decided once, from ``ExchangeFailure/failureClass``.
package enum FailureClass: Equatable, Sendable {
  /// May pass by itself: the wait doubles from `retry_min` to `retry_max`.
  case transient
  /// The service named a time to stay away for, or only said "too many" (`nil`: wait as for `transient`).
  case throttled(retryAfter: Duration?)
  /// AssetIT refused these credentials: wait `rejected_retry`, or until they change.
  case rejected
  /// The request itself is wrong (path, host, certificate authority): wait `rejected_retry`, or until the
  /// configuration changes.
  case misconfigured
}

extension FailureClass {
  /// The word that logs, metrics and states use.
  package var name: String {
    switch self {
    case .transient: "transient"
    case .throttled: "throttled"
    case .rejected: "rejected"
    case .misconfigured: "misconfigured"
    }
  }
}
