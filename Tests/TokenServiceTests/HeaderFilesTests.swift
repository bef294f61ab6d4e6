import DaemonCore
import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("Header files")
struct HeaderFilesTests {
  private let folder: TemporaryFolder
  private let path: String
  private let list: PublishedList
  private let replaced: ReplacedFiles
  private let files: HeaderFiles
  private let seen = SeenFiles()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("default.header")
    list = try #require(try PublishedList.open(in: folder.path))
    replaced = ReplacedFiles()
    files = HeaderFiles(list: list, replaced: replaced, seen: seen, limit: 10)
  }

  private func writing(
    _ token: String, generation: Int = 1, for lifetime: Duration = .seconds(60),
    _ change: (inout FileConfiguration) -> Void = { _ in }
  ) -> HeaderWriting {
    var file = FileConfiguration(path: path)
    change(&file)
    let now = BootTime.now()
    return HeaderWriting(
      outlet: OutletID(1), generation: generation, file: file,
      header: makeHeader(token, lifetime: lifetime, at: now),
      deadline: now + lifetime)
  }

  private func write(_ writing: HeaderWriting) -> JobResult {
    files.begin(writing)
    return files.write(writing)
  }

  /// Whether the list says what is there.
  private func isListed() throws -> Bool {
    let inode = try #require(FileStatus(path)).inode
    return contents(folder.path(".published"))?.split(whereSeparator: \.isWhitespace).map(String.init)
      == [path, "\(inode)"]
  }

  private var names: [String] { folder.names().filter { $0 != ".published" } }

  @Test("Header files: one is written, found again as it should be, and replaced; the list follows")
  func writes() throws {
    #expect(write(writing("a")) == .changed)
    #expect(contents(path) == "JWT a")
    #expect(try isListed())
    let before = FileStatus(path)
    #expect(write(writing("a")) == .unchanged)
    #expect(FileStatus(path) == before)
    #expect(write(writing("b")) == .changed)
    #expect(contents(path) == "JWT b")
    #expect(try isListed())
    #expect(names == ["default.header"])
  }

  @Test("Header files: one that somebody removed, overwrote or chmod-ed is put right")
  func repairs() throws {
    _ = write(writing("a"))
    unlink(path)
    #expect(write(writing("a")) == .changed)
    TestSupport.write("somebody's", to: path)
    #expect(write(writing("a")) == .changed)
    chmod(path, 0o666)
    #expect(write(writing("a")) == .changed)
    #expect(FileStatus(path)?.mode == 0o640)
    #expect(contents(path) == "JWT a")
  }

  @Test("Header files: nothing is published by a writing that was retired, or after the token's end")
  func fence() throws {
    _ = write(writing("a", generation: 1))
    files.retire(OutletID(1), below: 3)
    #expect(write(writing("b", generation: 2)) == .stale)
    #expect(contents(path) == "JWT a")
    #expect(write(writing("c", generation: 3)) == .changed)
    #expect(write(writing("d", generation: 4, for: .zero)) == .stale)
    #expect(contents(path) == "JWT c")
    files.retire(OutletID(1), below: .max)
    #expect(
      write(writing("e", generation: 5)) == .changed, "the outlet is gone, and so is what was known of it")
  }

  @Test("Header files: one is withdrawn and taken off the list, and its absence is no failure")
  func withdraws() throws {
    _ = write(writing("a"))
    let held = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(held) }
    #expect(files.withdraw(path) == .changed)
    #expect(names == [])
    #expect(contents(folder.path(".published"))?.allSatisfy(\.isWhitespace) == true)
    var byte: UInt8 = 0
    #expect(pread(held, &byte, 1, 0) == 0, "a bind mount shows it no longer")
    #expect(files.withdraw(path) == .unchanged)
    #expect(files.withdraw(folder.path("gone/default.header")) == .unchanged)
  }

  @Test("Header files: what isn't ours is left alone by a withdrawal")
  func foreign() throws {
    _ = write(writing("a"))
    // Written elsewhere first: the inode number of a file that is gone is given out again.
    TestSupport.write("an operator's", to: folder.path("new"))
    rename(folder.path("new"), path)
    #expect(files.withdraw(path) == .unchanged)
    mkdir(folder.path("d"), 0o700)
    #expect(files.withdraw(folder.path("d")) == .unchanged)
    symlink(path, folder.path("link"))
    #expect(files.withdraw(folder.path("link")) == .unchanged)
    #expect(names == ["d", "default.header", "link"])
  }

  @Test("Header files: one that was replaced is emptied when its token ends, not before")
  func replacedOnes() async throws {
    _ = write(writing("old", for: .seconds(60)))
    let shown = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(shown) }
    _ = write(writing("new", for: .seconds(600)))
    let end = try #require(replaced.wakeAt)
    replaced.wake(end - .nanoseconds(1))
    var byte: UInt8 = 0
    #expect(pread(shown, &byte, 1, 0) == 1)
    replaced.wake(end)
    for _ in 0..<500 where pread(shown, &byte, 1, 0) != 0 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(pread(shown, &byte, 1, 0) == 0)
    #expect(contents(path) == "JWT new")
    #expect(replaced.wakeAt == nil)
  }

  @Test("Header files: no more of the replaced ones are held open than may be")
  func replacedLimit() throws {
    for turn in 0..<50 { _ = write(writing("t\(turn)")) }
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { descriptor in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)"))?
        .hasPrefix(path) ?? false
    }
    #expect(open == 10)
  }

  @Test("Header files: a failure is a sentence that names the file")
  func failures() throws {
    mkdir(path, 0o700)
    guard case .failed(let failure) = write(writing("a")) else {
      Issue.record("a folder was replaced")
      return
    }
    #expect(failure.reason.contains(path))
    #expect(names == ["default.header"])
  }

  @Test("Header files: a mount point is named as such, with the remedy", .enabled(if: geteuid() == 0))
  func mountPoint() throws {
    _ = write(writing("a"))
    try #require(mount(path, path, "none", UInt(MS_BIND), nil) == 0, "root may not mount here")
    defer { umount2(path, 2) }
    guard case .failed(let failure) = write(writing("b")) else {
      Issue.record("a mount point was replaced")
      return
    }
    #expect(failure.reason.contains("mount the folder"))
  }
}
