import Dispatch
import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import TokenService

@Suite("Threads for what may hang")
struct ThreadTests {
  /// Threads of this process with the name (`/proc/self/task/TID/comm`, proc(5)).
  private var threadCount: Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { contents("/proc/self/task/\($0)/comm") == "jobs-under-test\n" }
  }

  /// Looks again and again, for five seconds at most: another thread's end can't be waited for.
  private func soon(_ condition: () -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(5)
    while !condition() {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  @Test("Threads for jobs: one that hangs keeps no other back, and threads end when they are idle")
  func jobs() async throws {
    let threads = JobThreads(name: "jobs-under-test")
    let (hang, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    try threads.run { hang.wait() }
    for _ in 0..<100 {
      try threads.run { done.signal() }
      #expect(done.wait(timeout: .now() + 5) == .success)
    }
    // The one that hangs, and few that were used again and again.
    #expect(threadCount < 20)
    #expect(try await soon { threadCount == 1 })
    hang.signal()
    #expect(try await soon { threadCount == 0 })
  }

  @Test("Threads for jobs: many at once each have one")
  func many() throws {
    let threads = JobThreads(name: "jobs-at-once")
    let (gate, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    for _ in 0..<16 {
      try threads.run {
        gate.wait()
        done.signal()
      }
    }
    for _ in 0..<16 { gate.signal() }
    for _ in 0..<16 { #expect(done.wait(timeout: .now() + 5) == .success) }
  }

  @Test("A bounded queue hands over in order, says what doesn't fit, and ends once it is closed and empty")
  func queue() {
    let queue = BoundedQueue<Int>(limit: 3)
    #expect((1...5).map { queue.push($0) } == [true, true, true, false, false])
    #expect(queue.take() == [1, 2, 3])
    #expect(queue.push(6))
    queue.close()
    #expect(!queue.push(7))
    #expect(queue.take() == [6])
    #expect(queue.take() == [])
  }

  @Test("A bounded queue wakes the thread that waits for it")
  func wakes() throws {
    let queue = BoundedQueue<Int>(limit: 3)
    let (taken, over) = (BoundedQueue<Int>(limit: 1_000), DispatchSemaphore(value: 0))
    let worker = try WorkerThread(name: "taker") {
      while case let some = queue.take(), !some.isEmpty { for number in some { _ = taken.push(number) } }
      over.signal()
    }
    for number in 0..<1_000 { while !queue.push(number) { sched_yield() } }
    queue.close()
    #expect(over.wait(timeout: .now() + 5) == .success)
    worker.join()
    #expect(taken.take() == Array(0..<1_000))
  }
}
