import CLinux
import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@Suite("The way to a socket or header file")
struct FolderTests {
  private let temporary: TemporaryFolder

  init() throws {
    temporary = try TemporaryFolder()
  }

  private func makeFolder(_ name: String, mode: mode_t) -> String {
    let path = temporary.path(name)
    mkdir(path, 0o700)
    chmod(path, mode)
    return path
  }

  @Test("Each folder is examined, from the root down, with the owner of what comes next")
  func facts() throws {
    let path = makeFolder("inner", mode: 0o750)
    let facts = try Folder(path: path).facts
    #expect(facts.map(\.path).suffix(3) == ["/tmp", temporary.path, path])
    #expect(facts.first?.path == "/")
    #expect(facts.last?.mode == 0o750)
    #expect(facts.last?.owner == geteuid())
    #expect(facts.last?.nextOwner == nil)
    #expect(facts.dropLast().last?.nextOwner == geteuid())
    #expect(FolderRule.ofProcess.faults(in: facts) == [])
  }

  @Test("Links in folders of one's own are followed, and the folders that they lead through are examined")
  func ownLinks() throws {
    let inner = makeFolder("inner", mode: 0o755)
    symlink("inner", temporary.path("relative"))
    symlink(inner + "/../inner/.", temporary.path("absolute"))
    for name in ["relative", "absolute"] {
      let facts = try Folder(path: temporary.path(name)).facts
      #expect(facts.last?.path == inner)
      #expect(FolderRule.ofProcess.faults(in: facts) == [])
    }
    symlink("loop", temporary.path("loop"))
    let error = #expect(throws: SystemError.self) { _ = try Folder(path: temporary.path("loop")) }
    #expect(error?.errno == ELOOP)
  }

  @Test("A link that others could have put there is not followed")
  func foreignLinks() throws {
    let open = makeFolder("open", mode: 0o777)
    let inner = makeFolder("inner", mode: 0o755)
    symlink(inner, open + "/link")
    let error = #expect(throws: SystemError.self) { _ = try Folder(path: open + "/link") }
    #expect(error?.errno == ELOOP)
    #expect(throws: SystemError.self) {
      _ = try ListeningSocket(path: open + "/link/s", ownership: Ownership(mode: 0o600, group: nil))
    }
    #expect(throws: SystemError.self) {
      try PublishedFile(path: open + "/link/f", ownership: Ownership(mode: 0o600, group: nil)).replace(
        with: Secret("x"))
    }
  }

  @Test("What is missing or no folder is told")
  func missing() {
    write("", to: temporary.path("file"))
    let cases = [("none", ENOENT), ("none/deeper", ENOENT), ("file", ENOTDIR), ("file/deeper", ENOTDIR)]
    for (name, code) in cases {
      let error = #expect(throws: SystemError.self) { _ = try Folder(path: temporary.path(name)) }
      #expect(error?.errno == code)
    }
  }

  @Test(
    "An access list that lets others write counts, whatever it is called on", .enabled(if: geteuid() == 0))
  func accessList() throws {
    let path = makeFolder("listed", mode: 0o755)
    // setfacl(1)'s work, without the program: user 65534 may write.
    let entries: [(UInt8, UInt8, UInt32)] = [
      (1, 7, .max), (2, 7, 65_534), (4, 5, .max), (16, 7, .max), (32, 5, .max),
    ]
    let value = entries.reduce([2, 0, 0, 0] as [UInt8]) { bytes, entry in
      bytes + [entry.0, 0, entry.1, 0] + (0..<4).map { UInt8(truncatingIfNeeded: entry.2 >> (8 * $0)) }
    }
    let result = setxattr(path, "system.posix_acl_access", value, value.count, 0)
    try #require(result == 0, "there are no access lists on the file system of \(path)")
    let faults = try FolderRule.ofProcess.faults(in: Folder(path: path).facts)
    #expect(faults.map(\.reason) == [.user(65_534)])
  }

  /// What stood in the socket's place was chmod-ed: a member of the group that may write there could make a file of
  /// root's 0666.
  @Test("No call on a socket's path follows a link that takes its place meanwhile")
  func race() async throws {
    let folder = makeFolder("shared", mode: 0o777)
    let victim = temporary.path("victim")
    write("secret", to: victim)
    chmod(victim, 0o600)
    let (path, over) = (folder + "/s", FlagFile(temporary.path("over")))
    let attacker = try WorkerThread(name: "attacker") {
      while !over.isThere {
        unlink(path)
        symlink(victim, path)
        unlink(path)
      }
    }
    let owned = Ownership(mode: 0o666, group: nil)
    for _ in 0..<3000 {
      guard let socket = try? ListeningSocket(path: path, ownership: owned) else { continue }
      try? socket.apply(owned)
      socket.removePath()
    }
    over.raise()
    attacker.join()
    #expect(FileStatus(victim)?.mode == 0o600)
    #expect(contents(victim) == "secret")
  }
}
