import FoundationEssentials
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("The token server")
final class TokenServerTests {
  private let folder: TemporaryFolder
  private let server: TokenServer
  private let reports = Reports()
  private let board = HeaderBoard()
  private let socket: ReaderSocket

  init() throws {
    folder = try TemporaryFolder()
    let reports = reports
    server = try TokenServer(DescriptorBudget(limit: 65_536, profiles: 1)) { reports.add($0) }
    socket = try Self.open(folder.path("s"), "default", board)
    server.send(.add(socket))
  }

  deinit {
    server.shutDown(answeringQueue: true)
  }

  static func open(
    _ path: String, _ profile: String, _ board: HeaderBoard,
    _ change: (inout SocketConfiguration) -> Void = { _ in }
  ) throws -> ReaderSocket {
    var settings = SocketConfiguration(path: path)
    change(&settings)
    return ReaderSocket(
      SocketTable.Unix(try ListeningSocket(path: path, ownership: settings.ownership), isActivated: false),
      .init(profile: profile, board: board, settings: settings))
  }

  private func post(_ header: String, for time: Duration = .seconds(60)) {
    board.post(Secret(header), until: .now() + time)
    server.send(.posted(profile: "default"))
  }

  private func change(_ change: (inout SocketConfiguration) -> Void) {
    var settings = socket.assignment.settings
    change(&settings)
    socket.assignment = .init(profile: "default", board: board, settings: settings)
  }

  private func settle() { server.settle() }

  /// As systemd binds it to read a credential for a unit, without the leading zero.
  private func unitAddress(_ unit: String) -> String {
    "\(folder.path.filter { $0 != "/" })/unit/\(unit)/assetit.header"
  }

  private func client() throws -> SocketClient { try SocketClient(socket.path) }

  @Test("gives the header, exactly, and closes")
  func servesHeader() throws {
    post("JWT a.b.c")
    #expect(try client().readText() == "JWT a.b.c")
    post("JWT d.e.f")
    #expect(try client().readText() == "JWT d.e.f")
    settle()
    #expect(socket.served.load(ordering: .relaxed) == 2)
    #expect(reports.all == [])
  }

  @Test("lets a reader wait for the header, also one that sends something or half-closes")
  func waits() throws {
    let first = try Clients(2) { try client() }
    let second = try client()
    let bytes: [UInt8] = [1, 2, 3]
    _ = second.descriptor.sendNow(bytes.span)
    shutdown(second.descriptor.raw, Int32(SHUT_WR))
    settle()
    let isSecondWaiting = second.isWaiting()
    #expect(isSecondWaiting)
    post("JWT a")
    #expect(second.readText() == "JWT a")
    #expect(first.texts() == ["JWT a", "JWT a"])
  }

  @Test("closes without a byte when a reader's wait is over, but not for systemd, which reads for a unit")
  func waitIsOver() throws {
    change { $0.wait = .milliseconds(150) }
    let began = BootTime.now()
    let unit = try SocketClient(socket.path, boundTo: unitAddress("foo.service"))
    #expect(try client().readAll() == [])
    #expect(BootTime.now() - began >= .milliseconds(150))
    if geteuid() == 0 {
      let isUnitWaiting = unit.isWaiting(milliseconds: 100)
      #expect(isUnitWaiting)
      post("JWT a")
      #expect(unit.readText() == "JWT a")
    }
  }

  @Test("never gives a header that has ended, though nobody has withdrawn it")
  func expired() throws {
    change { $0.wait = .milliseconds(100) }
    board.post(Secret("JWT old"), until: .now())
    server.send(.posted(profile: "default"))
    #expect(try client().readAll() == [])
    post("JWT brief", for: .milliseconds(50))
    #expect(try client().readText() == "JWT brief")
    usleep(60_000)
    #expect(try client().readAll() == [])
    board.withdraw()
    #expect(try client().readAll() == [])
  }

  @Test("sends the rest of a header to nobody after its end")
  func expiresWhileSending() throws {
    let header = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    board.post(Secret(header), until: .now() + .milliseconds(150))
    let slow = try client()
    settle()
    usleep(200_000)
    let read = slow.readAll()
    #expect(read.map { $0.count < header.count } == true)
  }

  @Test("gives a header of 64 KiB and more to a slow reader, and one that never reads holds up nobody")
  func slowReaders() throws {
    let header = (0..<(1 << 20)).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    board.post(Secret(header), until: .now() + .seconds(60))
    let idle = try Clients(20) { try client() }
    let slow = try client()
    settle()
    for _ in 0..<3 { #expect(try client().readAll() == header) }
    #expect(slow.readAll() == header)
    #expect(idle.count == 20)
    post(String(repeating: "b", count: 65_536))
    #expect(try client().readAll() == [UInt8](repeating: UInt8(ascii: "b"), count: 65_536))
  }

  /// Of this test's socket: in the kernel's list they bear its path, as the socket itself does (proc_net(5)). While
  /// others come and go the list may lack one.
  private func acceptedConnections() throws -> Int {
    let list = try String(contentsOfFile: "/proc/net/unix", encoding: .utf8)
    return list.split(separator: "\n").count { $0.hasSuffix(" \(socket.path)") } - 1
  }

  @Test("forgets a reader that has gone, whether it waited or was being sent to")
  func gone() throws {
    for _ in 0..<50 { _ = try client() }
    board.post(Secret([UInt8](repeating: 1, count: 1 << 20)), until: .now() + .seconds(60))
    for _ in 0..<50 { _ = try client() }
    board.withdraw()
    var left = 1
    for _ in 0..<1000 where left != 0 {
      settle()
      left = try acceptedConnections()
      usleep(1_000)
    }
    #expect(left == 0)
  }

  @Test(
    "answers 3,000 readers at once",
    .enabled(if: DescriptorLimit.isHigh, "\(DescriptorLimit.remedy)"))
  func crowd() throws {
    let crowd = try Clients(3_000) { try client() }
    settle()
    post("JWT a")
    #expect(crowd.texts().allSatisfy { $0 == "JWT a" })
    let next = try Clients(3_000) { try client() }
    #expect(next.texts().allSatisfy { $0 == "JWT a" })
    settle()
    #expect(socket.served.load(ordering: .relaxed) == 6_000)
    #expect(reports.all == [])
  }

  @Test("answers those who are queued before it ends, and closes on those who wait")
  func shutsDown() throws {
    let waiting = try client()
    settle()
    post("JWT a")
    change { $0.audit = .all }
    reports.hold()
    let queued = try Clients(400) { try client() }
    server.send(.shutDown(answeringQueue: true))
    reports.release()
    server.shutDown(answeringQueue: true)
    #expect(queued.texts().allSatisfy { $0 == "JWT a" })
    #expect(waiting.readText() == "JWT a")
    server.shutDown(answeringQueue: true)
    #expect(throws: SystemError.self, "nobody listens any more") {
      socket.removePath()
      _ = try client()
    }
  }

  @Test("leaves those who are queued to the next process where it is told so")
  func restarts() throws {
    server.shutDown(answeringQueue: false)
    let queued = try client()
    let isQueuedWaiting = queued.isWaiting(milliseconds: 20)
    #expect(isQueuedWaiting)
    let next = try TokenServer(DescriptorBudget(limit: 65_536, profiles: 1)) { _ in }
    post("JWT a")
    next.send(.add(socket))
    #expect(queued.readText() == "JWT a")
    next.shutDown(answeringQueue: true)
  }

  @Test("answers a removed socket's queue, closes on those who wait there, and serves the others on")
  func removes() throws {
    let otherBoard = HeaderBoard()
    let other = try Self.open(folder.path("other"), "other", otherBoard)
    server.send(.add(other))
    let waiting = try SocketClient(other.path)
    let elsewhere = try client()
    settle()
    other.removePath()
    server.send(.remove(other))
    #expect(waiting.readAll() == [])
    let isElsewhereWaiting = elsewhere.isWaiting()
    #expect(isElsewhereWaiting)
    post("JWT a")
    #expect(elsewhere.readText() == "JWT a")
  }

  @Test("gives nothing to those whom the list doesn't name, and reports that once in a while")
  func denies() throws {
    post("JWT a")
    change {
      $0.access.users = [4_000_000_000]
      $0.access.units = ["other.service"]
    }
    for turn in 0..<5 {
      let name = unitAddress("foo\(turn).service")
      #expect(try SocketClient(socket.path, boundTo: name).readAll() == [])
    }
    settle()
    #expect(socket.denied.load(ordering: .relaxed) == 5)
    #expect(socket.served.load(ordering: .relaxed) == 0)
    guard case .denied("default", let peer, let unit, let program, leftOut: 0) = reports.all.first else {
      Issue.record("not reported: \(reports.all)")
      return
    }
    #expect(reports.all.count == 1)
    #expect(peer.identity == PeerIdentity(pid: getpid(), uid: getuid(), gid: getgid()))
    if geteuid() == 0 { #expect(unit == "foo0.service") }
    #expect(program == ProgramName.ofProcess(getpid()) && program?.hasPrefix("/") == true)
  }

  @Test("records as much as audit says")
  func audit() throws {
    post("JWT a")
    change { $0.audit = .all }
    #expect(try client().readText() == "JWT a")
    settle()
    guard case .served(profile: "default", _, _, _) = reports.all.first else {
      Issue.record("not recorded: \(reports.all)")
      return
    }
    change {
      $0.audit = .none
      $0.access.users = [4_000_000_000]
      $0.access.units = ["other.service"]
    }
    let name = unitAddress("foo.service")
    #expect(try SocketClient(socket.path, boundTo: name).readAll() == [])
    settle()
    #expect(reports.all.count == 1)
  }

  @Test("judges those who wait by the list that is in force when the header comes")
  func judgesAgain() throws {
    let reader = try SocketClient(socket.path, boundTo: unitAddress("foo.service"))
    settle()
    change {
      $0.access.users = [4_000_000_000]
      $0.access.units = ["other.service"]
    }
    post("JWT a")
    let text = reader.readText()
    #expect(text == "")
  }

  @Test("gives nobody who waits for one profile the header of another that takes over the path")
  func takenOver() throws {
    let reader = try SocketClient(socket.path, boundTo: unitAddress("foo.service"))
    settle()
    let other = HeaderBoard()
    var settings = socket.assignment.settings
    settings.access.users = [4_000_000_000]
    settings.access.units = ["other.service"]
    socket.assignment = .init(profile: "other", board: other, settings: settings)
    other.post(Secret("JWT other"), until: .now() + .seconds(60))
    server.send(.posted(profile: "default"))
    let text = reader.readText()
    #expect(text == "")
  }

  @Test("closes on readers when there is no descriptor left, says so once, and idles")
  func exhausted() async throws {
    let path = folder.path("full")
    await #expect(processExitsWith: .success) { [path = path as String] in
      let rig = try ExhaustionRig(path)
      var fillers = Fillers()
      // One is given back for each client, so that the server has none.
      for turn in 0..<10 {
        fillers.giveBack()
        guard try SocketClient(path).readAll() == [] else { exit(10 + Int32(turn)) }
        rig.server.settle()
        fillers.fill()
      }
      guard rig.idlesFor200Milliseconds() else { exit(3) }
      fillers.empty()
      guard try SocketClient(path).readText() == "JWT a" else { exit(4) }
      guard rig.reports.all == [.outOfDescriptors(errno: EMFILE, leftOut: 0)] else { exit(5) }
      exit(0)
    }
  }

  @Test("idles also where another thread takes the descriptor that was kept for this")
  func spareLost() async throws {
    let path = folder.path("full")
    await #expect(processExitsWith: .success) { [path = path as String] in
      let rig = try ExhaustionRig(path)
      var fillers = Fillers()
      let thief = try WorkerThread(name: "thief") {
        for _ in 0..<2_000_000 { _ = dup(STDIN_FILENO) }
      }
      var clients: [Int32] = []
      for _ in 0..<20 {
        fillers.giveBack()
        if let client = try? SocketClient(path) { clients.append(client.release()) }
      }
      thief.join()
      exit(rig.idlesFor200Milliseconds() ? 0 : 3)
    }
  }
}
