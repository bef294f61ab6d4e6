/// What became of one profile's requests since the start of this process.
package struct ExchangeStatistics: Equatable, Sendable {
  /// Upper bounds of the histogram's buckets, in seconds.
  package static let bounds: [Double] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]
  package static let failureClasses = ["transient", "throttled", "rejected", "misconfigured"]

  /// Requests that ended, with a token or with a failure.
  package private(set) var ended = 0
  /// By the name of the class.
  package private(set) var failures: [String: Int] = [:]
  /// Requests that took no longer than the bound, but longer than the one before it; the last counts the rest.
  package private(set) var buckets = [Int](repeating: 0, count: bounds.count + 1)
  /// In seconds.
  package private(set) var durationSum: Double = 0

  package init() {}

  package mutating func record(_ report: TokenMachine.Report) {
    switch report {
    case .refreshed, .postponed, .keptLongerToken: ended += 1
    case .failed(let failure):
      ended += 1
      failures[failure.failureClass.name, default: 0] += 1
    case .becameValid, .expired, .deferred, .changeDeferred, .remarked: break
    }
  }

  /// A request was answered, or given up, after this long.
  package mutating func observe(_ duration: Duration) {
    let seconds = max(0, duration.inSeconds)
    buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    durationSum += seconds
  }
}
