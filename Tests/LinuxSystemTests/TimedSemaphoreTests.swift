import LinuxSystem
import Testing

@Suite("A semaphore with limited waits")
struct TimedSemaphoreTests {
  @Test("lets through as often as it is signalled, and no more often")
  func counts() {
    let semaphore = TimedSemaphore()
    #expect(!semaphore.wait(within: .zero))
    semaphore.signal()
    semaphore.signal()
    semaphore.wait()
    #expect(semaphore.wait(within: .seconds(-5)))
    #expect(!semaphore.wait(within: .zero))
  }

  @Test("waits for as long as it is told, by a clock that nobody sets")
  func limit() {
    let semaphore = TimedSemaphore()
    let begun = ContinuousClock.now
    #expect(!semaphore.wait(within: .milliseconds(50)))
    #expect(ContinuousClock.now - begun >= .milliseconds(50))
  }

  @Test("is signalled by another thread")
  func threads() throws {
    let semaphore = TimedSemaphore()
    let thread = try WorkerThread(name: "signals") { semaphore.signal() }
    #expect(semaphore.wait(within: .seconds(30)))
    thread.join()
  }
}
