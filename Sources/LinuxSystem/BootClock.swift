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
  let time = read(CLOCK_REALTIME)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// `CLOCK_MONOTONIC` in microseconds, as `MONOTONIC_USEC=` wants it (sd_notify(3)).
package func monotonicMicroseconds() -> Int64 {
  clock(CLOCK_MONOTONIC) / 1000
}

/// Nanoseconds of a clock that begins with the machine, so that they fit for 292 years.
private func clock(_ id: clockid_t) -> Int64 {
  let time = read(id)
  return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// clock_gettime(2), which can't fail for a clock that exists.
private func read(_ id: clockid_t) -> timespec {
  var time = timespec()
  clock_gettime(id, &time)
  return time
}
