import Dispatch
import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenCore

@Suite("A boot timer")
struct BootTimerTests {
  private let queue = DispatchQueue(label: "test.timer")

  @Test("is a kernel timer on CLOCK_BOOTTIME")
  func isOnBootTime() async {
    await #expect(processExitsWith: .success) {
      guard kernelTimer(within: 7190...7200) == nil else { exit(1) }
      let timer = BootTimer(queue: DispatchQueue(label: "test.timer")) {}
      timer.set(.now() + .seconds(7200))
      // Dispatch arms the kernel's timer on a thread of its own.
      for _ in 0..<500 where kernelTimer(within: 7190...7200) == nil { usleep(10_000) }
      let clock = kernelTimer(within: 7190...7200)
      _ = consume timer
      exit(clock == CLOCK_BOOTTIME ? 0 : 2)
    }
  }

  @Test("fires at once for a moment that has passed", arguments: [-1, 0, 1, 1_000_000_000] as [Int64])
  func firesForThePast(nanoseconds: Int64) {
    let fired = DispatchSemaphore(value: 0)
    let timer = BootTimer(queue: queue) { fired.signal() }
    timer.set(BootTime(nanoseconds: nanoseconds))
    #expect(fired.wait(timeout: .now() + 5) == .success)
  }

  @Test("never fires early")
  func firesInTime() {
    let fired = DispatchSemaphore(value: 0)
    let firedAt = Mutex<BootTime?>(nil)
    let timer = BootTimer(queue: queue) {
      firedAt.withLock { $0 = .now() }
      fired.signal()
    }
    let due = BootTime.now() + .milliseconds(60)
    timer.set(due)
    #expect(fired.wait(timeout: .now() + 5) == .success)
    #expect(firedAt.withLock { $0 }.map { $0 >= due } == true)
  }

  @Test("keeps only its last setting, and none when cleared or gone")
  func forgetsEarlierSettings() {
    let fired = Mutex<[String]>([])
    let over = DispatchSemaphore(value: 0)
    let moved = BootTimer(queue: queue) { fired.withLock { $0.append("moved") } }
    let cleared = BootTimer(queue: queue) { fired.withLock { $0.append("cleared") } }
    let gone = BootTimer(queue: queue) { fired.withLock { $0.append("gone") } }
    let last = BootTimer(queue: queue) { over.signal() }
    let soon = BootTime.now() + .milliseconds(30)
    moved.set(soon)
    moved.set(.now() + .seconds(3600))
    cleared.set(soon)
    cleared.clear()
    gone.set(soon)
    _ = consume gone
    last.set(soon + .milliseconds(30))
    #expect(over.wait(timeout: .now() + 5) == .success)
    #expect(fired.withLock { $0 } == [])
  }

  @Test("doesn't fire for the far end of the clock")
  func farFuture() {
    let fired = DispatchSemaphore(value: 0)
    let timer = BootTimer(queue: queue) { fired.signal() }
    timer.set(BootTime(nanoseconds: .max))
    #expect(fired.wait(timeout: .now() + 0.05) == .timedOut)
  }

  @Test("doesn't fire for a moment just beyond 146 years, where the clock's bits meet the value's")
  func beyondMask() {
    let fired = DispatchSemaphore(value: 0)
    let timer = BootTimer(queue: queue) { fired.signal() }
    timer.set(BootTime(nanoseconds: 1 << 62 + 1_000))
    #expect(fired.wait(timeout: .now() + 0.05) == .timedOut)
  }
}

/// The clock of this process's kernel timer that is due in so many seconds, as `/proc/self/fdinfo` tells it
/// (proc(5)).
private func kernelTimer(within seconds: ClosedRange<Int>) -> Int32? {
  let folder = "/proc/self/fdinfo"
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  for name in names {
    var fields: [Substring: Substring] = [:]
    for line in contents("\(folder)/\(name)")?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    // it_value: (7199, 999876543)
    let due = fields["it_value"]?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
    if let due, seconds.contains(due), let clock = fields["clockid"]?.split(separator: " ").first {
      return Int32(clock)
    }
  }
  return nil
}
