package import Dispatch
package import TokenCore

/// A Dispatch timer on the boot-time clock, so that a machine which wakes from suspend finds it due.
///
/// Dispatch's own clocks stand still in suspend (`DispatchTime`) or follow the time of day
/// (`DispatchWallTime`). libdispatch has a third one, `CLOCK_BOOTTIME`, which it knows by the highest bit of a
/// time value (`DISPATCH_UP_OR_MONOTONIC_TIME_MASK` in src/shims/time.h) and to which Swift has no name. A test
/// reads from `/proc` that the kernel timer really is on that clock.
package struct BootTimer: ~Copyable {
  private let source: any DispatchSourceTimer

  /// A timer that isn't set yet; `handler` runs on `queue`.
  package init(queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.setEventHandler(handler: handler)
    source.activate()
  }

  /// Fires once at `time`, at once where it has passed; `nil`: not any more. Any earlier setting is forgotten.
  package func set(_ time: BootTime?) {
    guard let time else { return clear() }
    let continuousClock: UInt64 = 1 << 63
    let nanoseconds = UInt64(min(max(time.nanoseconds, 1), 1 << 62 - 1))
    source.schedule(
      deadline: DispatchTime(uptimeNanoseconds: continuousClock | nanoseconds), leeway: .milliseconds(1))
  }

  /// Doesn't fire any more until it is set again.
  package func clear() {
    source.schedule(deadline: .distantFuture)
  }

  deinit {
    source.cancel()
  }
}
