internal import Glibc
package import TokenCore

extension BootTime {
  /// Now on `CLOCK_BOOTTIME`.
  package static func now() -> BootTime {
    BootTime(nanoseconds: clock(CLOCK_BOOTTIME))
  }
}

/// Seconds since 1970 on this host's clock, which may be wrong.
package func timeOfDay() -> Double {
  Double(clock(CLOCK_REALTIME)) / 1e9
}

/// `CLOCK_MONOTONIC` in microseconds, as `MONOTONIC_USEC=` wants it (sd_notify(3)).
package func monotonicMicroseconds() -> Int64 {
  clock(CLOCK_MONOTONIC) / 1000
}

/// clock_gettime(2), which can't fail for a clock that exists.
private func clock(_ id: clockid_t) -> Int64 {
  var time = timespec()
  clock_gettime(id, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
