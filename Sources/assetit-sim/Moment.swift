import Glibc

/// One reading of both clocks, in seconds.
struct Moment: Equatable, Sendable {
  /// CLOCK_MONOTONIC: the same for every process of the machine, so that a test can compare.
  let monotonic: Double
  /// CLOCK_REALTIME, since 1970.
  let wall: Double

  static func now() -> Moment {
    Moment(monotonic: read(CLOCK_MONOTONIC), wall: read(CLOCK_REALTIME))
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
