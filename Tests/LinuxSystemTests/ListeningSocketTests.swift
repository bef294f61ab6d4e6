import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@Suite("A listening socket")
struct ListeningSocketTests {
  private let folder: TemporaryFolder
  private let owned = Ownership(mode: 0o660, group: nil)

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("has its mode and group", arguments: [0o600, 0o660, 0o666, 0o606] as [UInt32])
  func ownership(mode: UInt32) throws {
    let path = folder.path("s")
    let group: UInt32 = geteuid() == 0 ? 4321 : getegid()
    let socket = try ListeningSocket(path: path, ownership: Ownership(mode: mode, group: group))
    let status = try #require(FileStatus(path))
    #expect(status.mode == mode)
    #expect(status.group == group)
    try socket.apply(Ownership(mode: 0o640, group: getegid()))
    #expect(FileStatus(path)?.mode == 0o640)
    #expect(FileStatus(path)?.group == getegid())
    socket.removePath()
    #expect(folder.names() == [])
  }

  @Test("is never open to more than it should be, whatever the umask")
  func firstMoment() async throws {
    let path = folder.path("s")
    await #expect(processExitsWith: .success) { [path = path as String] in
      umask(0)
      var seen: Set<UInt32> = []
      let over = FlagFile(path + ".over")
      let watcher = try WorkerThread(name: "watcher") {
        var modes: Set<UInt32> = []
        while !over.isThere { if let status = FileStatus(path) { modes.insert(status.mode) } }
        write(modes.map { String($0, radix: 8) }.sorted().joined(separator: " "), to: path + ".modes")
      }
      for _ in 0..<2000 {
        let socket = try ListeningSocket(path: path, ownership: Ownership(mode: 0o640, group: nil))
        socket.removePath()
      }
      over.raise()
      watcher.join()
      for mode in (contents(path + ".modes") ?? "").split(separator: " ") {
        if let mode = UInt32(mode, radix: 8) { seen.insert(mode) }
      }
      exit(!seen.isEmpty && seen.isSubset(of: [0o600, 0o640]) ? 0 : 1)
    }
  }

  @Test("takes the place of a socket that a dead process left")
  func replacesStale() throws {
    let path = folder.path("s")
    _ = try ListeningSocket(path: path, ownership: owned)
    let stale = try #require(FileStatus(path))
    let socket = try ListeningSocket(path: path, ownership: owned)
    #expect(FileStatus(path)?.inode != nil)
    _ = try SocketClient(path)
    guard case .connection = socket.accept() else {
      Issue.record("nobody was accepted at the place of inode \(stale.inode)")
      return
    }
  }

  @Test("leaves one that is alive alone")
  func refusesLive() throws {
    let path = folder.path("s")
    let live = try ListeningSocket(path: path, ownership: owned)
    let before = FileStatus(path)
    let error = #expect(throws: SystemError.self) { _ = try ListeningSocket(path: path, ownership: owned) }
    #expect(error?.errno == EADDRINUSE)
    #expect(FileStatus(path) == before)
    _ = try SocketClient(path)
    _ = consume live
  }

  @Test("leaves something else at its path alone")
  func refusesOther() throws {
    let path = folder.path("s")
    write("not yours", to: path)
    let error = #expect(throws: SystemError.self) { _ = try ListeningSocket(path: path, ownership: owned) }
    #expect(error?.errno == EEXIST)
    #expect(contents(path) == "not yours")

    let link = folder.path("link")
    symlink(path, link)
    #expect(throws: SystemError.self) { _ = try ListeningSocket(path: link, ownership: owned) }
    #expect(folder.names() == ["link", "s"])
  }

  @Test("notices that its path was removed, changed or taken, and leaves what isn't its own")
  func isInPlace() throws {
    let path = folder.path("s")
    let socket = try ListeningSocket(path: path, ownership: owned)
    var seen = [socket.isInPlace(owned)]
    chmod(path, 0o600)
    seen.append(socket.isInPlace(owned))
    try socket.apply(owned)
    seen.append(socket.isInPlace(owned))
    rename(path, folder.path("away"))
    seen.append(socket.isInPlace(owned))
    write("another's", to: path)
    seen.append(socket.isInPlace(owned))
    #expect(seen == [true, false, true, false, false])
    #expect(throws: SystemError.self) { try socket.apply(owned) }
    socket.removePath()
    #expect(contents(path) == "another's")
  }

  @Test("leaves no path behind where its owner or mode can't be set", .enabled(if: geteuid() == 0))
  func undoesBind() async throws {
    let path = folder.path("s")
    chmod(folder.path, 0o777)
    await #expect(processExitsWith: .success) { [path = path as String] in
      guard setgroups(0, nil) == 0, setgid(65_534) == 0, setuid(65_534) == 0 else { exit(2) }
      do throws(SystemError) {
        _ = try ListeningSocket(path: path, ownership: Ownership(mode: 0o660, group: 0))
        exit(3)
      } catch {
        exit(error.errno == EPERM && FileStatus(path) == nil ? 0 : 1)
      }
    }
  }

  @Test("takes a path of 107 bytes and refuses one of 108")
  func longestPath() throws {
    let name = String(repeating: "a", count: SocketAddress.longestPath - folder.path.utf8.count - 1)
    let path = folder.path(name)
    #expect(path.utf8.count == 107)
    let socket = try ListeningSocket(path: path, ownership: owned)
    _ = try SocketClient(path)
    #expect(folder.names() == [name])
    _ = consume socket
    let error = #expect(throws: SystemError.self) {
      _ = try ListeningSocket(path: path + "a", ownership: owned)
    }
    #expect(error?.errno == ENAMETOOLONG)
  }

  @Test("accepts without waiting, and tells the peer's own address")
  func accept() throws {
    let path = folder.path("s")
    let socket = try ListeningSocket(path: path, ownership: owned)
    guard case .queueEmpty = socket.accept() else {
      Issue.record("somebody was accepted")
      return
    }
    let name = "\(folder.path)/unit/foo.service/cred"
    let bound = try SocketClient(path, boundTo: name)
    let unbound = try SocketClient(path)
    guard case .connection(let first, let address) = socket.accept(),
      case .connection(_, let empty) = socket.accept()
    else {
      Issue.record("nobody was accepted")
      return
    }
    #expect(address == [0] + Array(name.utf8))
    #expect(empty == [])
    #expect(fcntl(first.raw, F_GETFL) & O_NONBLOCK != 0)
    #expect(fcntl(first.raw, F_GETFD) & FD_CLOEXEC != 0)
    _ = consume bound
    _ = consume unbound
  }

  @Test("says so where there is no descriptor left")
  func exhausted() async throws {
    let path = folder.path("s")
    await #expect(processExitsWith: .success) { [path = path as String] in
      let socket = try ListeningSocket(path: path, ownership: Ownership(mode: 0o600, group: nil))
      let client = try SocketClient(path)
      var limit = rlimit(rlim_cur: 3, rlim_max: 3)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      guard case .exhausted(let code) = socket.accept() else { exit(1) }
      _ = consume client
      exit(code == EMFILE ? 0 : 2)
    }
  }

  @Test("sends what there is room for: 0 where there is none, nil where the other end is gone")
  func sendNow() throws {
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let near = OwnedFD(pair[0])
    let far = OwnedFD(pair[1])
    let bytes = [UInt8](repeating: 7, count: 1 << 16)
    let first = near.sendNow(bytes.span.extracting(..<10))
    #expect(first == 10)
    var last: Int? = 1
    for _ in 0..<1000 where last != 0 { last = near.sendNow(bytes.span) }
    #expect(last == 0)
    _ = consume far
    last = near.sendNow(bytes.span)
    #expect(last == nil)
  }
}

/// A sign between threads, as a file.
struct FlagFile: Sendable {
  let path: String

  init(_ path: String) {
    self.path = path
  }

  var isThere: Bool { access(path, F_OK) == 0 }

  func raise() { write("", to: path) }
}
