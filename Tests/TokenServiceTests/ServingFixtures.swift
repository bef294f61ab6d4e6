import Dispatch
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenCore

@testable import TokenService

extension TokenServer {
  /// Waits until the thread has come round: what was sent before has been done.
  func settle() {
    for _ in 0..<2 {
      let answered = DispatchSemaphore(value: 0)
      send(.probe { answered.signal() })
      answered.wait()
    }
  }
}

/// A server in a process of its own that may have few descriptors.
struct ExhaustionRig {
  let server: TokenServer
  let reports = Reports()

  init(_ path: String) throws {
    var limit = rlimit(rlim_cur: 200, rlim_max: 200)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let reports = reports
    server = try TokenServer(DescriptorBudget(limit: 65_536, profiles: 1)) { reports.add($0) }
    let board = HeaderBoard()
    board.post(Secret("JWT a"), until: .now() + .seconds(60))
    server.send(.add(try TokenServerTests.open(path, "default", board)))
    #expect(try SocketClient(path).readText() == "JWT a")
  }

  func idlesFor200Milliseconds() -> Bool {
    let before = clock()
    usleep(200_000)
    return clock() - before < CLOCKS_PER_SEC / 20
  }
}

/// What the serving thread has reported.
final class Reports: Sendable {
  private let reports = Mutex<[ServingReport]>([])

  private let isHeld = Atomic<Bool>(false)

  func add(_ report: ServingReport) {
    for _ in 0..<5_000 where isHeld.load(ordering: .acquiring) { usleep(1_000) }
    reports.withLock { $0.append(report) }
  }

  /// Holds up the serving thread at its next report.
  func hold() { isHeld.store(true, ordering: .releasing) }

  func release() { isHeld.store(false, ordering: .releasing) }

  var all: [ServingReport] { reports.withLock { $0 } }
}

/// Readers that have connected and not read yet.
struct Clients: ~Copyable {
  private var descriptors: [Int32] = []

  init(_ count: Int, _ make: () throws -> SocketClient) throws {
    for _ in 0..<count { descriptors.append(try make().release()) }
  }

  var count: Int { descriptors.count }

  /// Reads them all to their end, or until one of them gets none.
  borrowing func texts() -> [String?] {
    var texts: [String?] = []
    for raw in descriptors {
      texts.append(SocketClient(adopting: dup(raw)).readText())
      if texts.last == .some(nil) { break }
    }
    return texts
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }
}

/// Takes every descriptor that the process may still have.
struct Fillers {
  private var descriptors: [Int32] = []

  init() { fill() }

  mutating func fill() {
    while true {
      let descriptor = dup(STDIN_FILENO)
      guard descriptor >= 0 else { return }
      descriptors.append(descriptor)
    }
  }

  mutating func giveBack() { if let last = descriptors.popLast() { close(last) } }

  mutating func empty() { while !descriptors.isEmpty { giveBack() } }
}

extension ReaderSocket {
  /// Where the tests' readers connect.
  var path: String { assignment.settings.path }

  func removePath() { unlink(path) }
}
