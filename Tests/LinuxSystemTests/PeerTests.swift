import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@Suite("The process at the other end")
struct PeerTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(
    "is told by the kernel: pid, uid, gid and groups, and that it has ended", .enabled(if: geteuid() == 0))
  func otherProcess() async throws {
    let path = folder.path("s")
    chmod(folder.path, 0o755)
    let listener = try ListeningSocket(path: path, ownership: Ownership(mode: 0o666, group: nil))
    // Connects and ends; the kernel keeps what it noted at connect.
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      [path = path as String] in
      let groups = (1000..<1100).map(gid_t.init)
      guard setgroups(groups.count, groups) == 0, setgid(4322) == 0, setuid(4321) == 0 else { exit(2) }
      let client = try SocketClient(path)
      print("pid=\(getpid())")
      _ = consume client
    }
    guard case .connection(let connection, _) = listener.accept() else {
      Issue.record("nobody was accepted")
      return
    }
    let identity = try PeerIdentity(of: connection.raw)
    #expect(identity.uid == 4321)
    #expect(identity.gid == 4322)
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("pid=\(identity.pid)\n"))
    #expect(PeerIdentity.supplementaryGroups(of: connection.raw).sorted() == (1000..<1100).map(UInt32.init))
    let isThere = PeerProcess(socket: connection.raw, pid: identity.pid).isStillThere
    #expect(!isThere)
  }

  @Test("is this one where this one connects, and is still there")
  func ownProcess() throws {
    let path = folder.path("s")
    let listener = try ListeningSocket(path: path, ownership: Ownership(mode: 0o600, group: nil))
    let client = try SocketClient(path)
    guard case .connection(let connection, _) = listener.accept() else {
      Issue.record("nobody was accepted")
      return
    }
    let identity = try PeerIdentity(of: connection.raw)
    #expect(identity == PeerIdentity(pid: getpid(), uid: getuid(), gid: getgid()))
    let isThere = PeerProcess(socket: connection.raw, pid: identity.pid).isStillThere
    #expect(isThere)
    var groups = [gid_t](repeating: 0, count: 1024)
    let count = getgroups(Int32(groups.count), &groups)
    #expect(
      Set(PeerIdentity.supplementaryGroups(of: connection.raw)) == Set(groups.prefix(max(0, Int(count)))))
    _ = consume client
  }

  @Test("isn't known on something that is no socket")
  func noSocket() throws {
    let descriptor = try OwnedFD.spare()
    #expect(throws: SystemError.self) { try PeerIdentity(of: descriptor.raw) }
    #expect(PeerIdentity.supplementaryGroups(of: descriptor.raw) == [])
    let nobody = PeerProcess(socket: descriptor.raw, pid: .max).isStillThere
    #expect(!nobody)
    let unknown = PeerProcess(socket: descriptor.raw, pid: getpid()).isStillThere
    #expect(!unknown, "only a kernel that has no pidfd for peers is trusted to the start time")
  }
}
