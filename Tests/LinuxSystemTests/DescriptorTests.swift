import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenCore

@Suite("Descriptors, threads and clocks")
struct DescriptorTests {
  @Test("An owned descriptor is closed with its owner, and one given away isn't")
  func closes() throws {
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let near = OwnedFD(pair[0])
    let far = OwnedFD(pair[1])
    var byte: UInt8 = 0
    #expect(recv(near.raw, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
    let raw = far.release()
    #expect(recv(near.raw, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
    _ = OwnedFD(raw)
    #expect(recv(near.raw, &byte, 1, Int32(MSG_DONTWAIT)) == 0)
  }

  @Test("A call is repeated while a signal interrupts it, and its errno is kept")
  func retries() throws {
    var calls = 0
    let result = try retrying("try", "it") { () -> Int32 in
      calls += 1
      errno = EINTR
      return calls < 3 ? -1 : 5
    }
    #expect(result == 5)
    #expect(calls == 3)
    let error = #expect(throws: SystemError.self) {
      try retrying("open", "the door") { () -> Int32 in
        errno = EACCES
        return -1
      }
    }
    #expect(error == SystemError("open", "the door", errno: EACCES))
    #expect(error?.isPermission == true)
    #expect(error.map { "\($0)" } == "cannot open the door: Permission denied")
  }

  @Test("A thread has its name, and has ended once it is joined")
  func joins() throws {
    let findings = Findings()
    let thread = try WorkerThread(name: "token-test") {
      findings.name.withLock { $0 = contents("/proc/thread-self/comm") }
      usleep(50_000)
      findings.done.store(true, ordering: .releasing)
    }
    thread.join()
    #expect(findings.name.withLock { $0 } == "token-test\n")
    let isDone = findings.done.load(ordering: .acquiring)
    #expect(isDone)
  }

  @Test("A wake-up ends a wait, and is gone once it is cleared")
  func wakesUp() throws {
    let epoll = try Epoll()
    let bell = try WakeUp()
    try bell.watch(in: epoll, tag: 7)
    var tags: [UInt64] = [1]
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [])
    bell.ring()
    bell.ring()
    epoll.wait(timeout: nil, into: &tags)
    #expect(tags == [7])
    bell.clear()
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [])
  }

  @Test("A waiting connection tells only that the other end has closed")
  func hangUp() throws {
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let near = OwnedFD(pair[0])
    let far = OwnedFD(pair[1])
    let epoll = try Epoll()
    try epoll.add(near.raw, .hangUp, tag: 9)
    var tags: [UInt64] = []
    let bytes: [UInt8] = [1, 2, 3]
    _ = far.sendNow(bytes.span)
    shutdown(far.raw, Int32(SHUT_WR))
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [], "a reader that sends or half-closes is still waiting for its header")
    try epoll.change(near.raw, .writable, tag: 10)
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [10])
    try epoll.change(near.raw, .hangUp, tag: 11)
    _ = consume far
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [11])
    epoll.remove(near.raw)
    epoll.wait(timeout: 0, into: &tags)
    #expect(tags == [])
  }

  @Test("The boot-time clock is the kernel's")
  func bootClock() {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    let now = BootTime.now()
    let kernel = BootTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    #expect(now >= kernel)
    #expect(now - kernel < .seconds(5))
  }

  @Test("Dumps are forbidden and the descriptor limit is raised to the hard one")
  func limits() async {
    await #expect(processExitsWith: .success) {
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit()
      getrlimit(resource, &limit)
      limit.rlim_cur = 64
      setrlimit(resource, &limit)
      guard ProcessLimits.raiseDescriptorLimit() == Int(limit.rlim_max) else { exit(1) }
      try ProcessLimits.forbidDumps()
      var core = rlimit(rlim_cur: 1, rlim_max: 1)
      getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
      guard core.rlim_cur == 0, core.rlim_max == 0 else { exit(2) }
      // The files of a process that can't be dumped are root's (proc(5)); root itself may open them.
      exit(0)
    }
  }
}

private final class Findings: Sendable {
  let name = Mutex<String?>(nil)
  let done = Atomic<Bool>(false)
}
