/// A moment on the boot-time clock (`CLOCK_BOOTTIME`, clock_gettime(2)): it counts through suspend and
/// isn't moved when somebody sets the time of day. Nanoseconds since boot.
package struct BootTime: Comparable, Hashable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Saturates at the ends of the range (292 years) instead of trapping.
  package static func + (time: BootTime, duration: Duration) -> BootTime {
    let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
    return BootTime(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }

  package static func - (time: BootTime, duration: Duration) -> BootTime {
    time + (.zero - duration)
  }

  package static func - (later: BootTime, earlier: BootTime) -> Duration {
    .nanoseconds(later.nanoseconds) - .nanoseconds(earlier.nanoseconds)
  }

  package static func < (left: BootTime, right: BootTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration {
  /// Whole nanoseconds, saturated to what an `Int64` holds.
  package var nanoseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000)
  }

  /// Seconds, for arithmetic with fractions of a lifetime.
  package var inSeconds: Double {
    Double(nanoseconds) * 1e-9
  }
}
