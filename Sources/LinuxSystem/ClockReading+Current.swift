package import TokenCore

extension ClockReading {
  /// Both clocks, now (clock_gettime(2)).
  package static func current() -> ClockReading {
    ClockReading(now: .now(), timeOfDay: LinuxSystem.timeOfDay())
  }
}
