import Glibc
import Testing

/// The time ran out; the issue is recorded already.
struct TimeRanOut: Error {}

/// Looks again and again until there is a result: the only way in which these tests wait.
@discardableResult
func eventually<Result>(
  _ what: String, within limit: Duration = .longest,
  sourceLocation: SourceLocation = #_sourceLocation, _ look: () async throws -> Result?
) async throws -> Result {
  let deadline = ContinuousClock.now + limit
  while true {
    if let result = try await look() { return result }
    guard ContinuousClock.now < deadline else { break }
    try await Task.sleep(for: .milliseconds(15))
  }
  Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
  throw TimeRanOut()
}

/// Waits until the condition holds.
func eventually(
  _ what: String, within limit: Duration = .longest,
  sourceLocation: SourceLocation = #_sourceLocation, _ holds: () async throws -> Bool
) async throws {
  try await eventually(what, within: limit, sourceLocation: sourceLocation) {
    try await holds() ? true : nil
  }
}

/// Looks again and again for as long as `time`.
func throughout(
  _ time: Duration, every interval: Duration = .milliseconds(15), _ look: () async throws -> Void
)
  async throws
{
  let end = ContinuousClock.now + time
  repeat {
    try await look()
    try await Task.sleep(for: interval)
  } while ContinuousClock.now < end
}

/// Seconds since 1970.
func timeOfDay() -> Double { seconds(CLOCK_REALTIME) }

/// Seconds on CLOCK_MONOTONIC, the clock of the simulator's log.
func monotonic() -> Double { seconds(CLOCK_MONOTONIC) }

private func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

extension Duration {
  /// Where only a hang is to be found out: the host may be busy.
  static let longest = Duration.seconds(60)
}
