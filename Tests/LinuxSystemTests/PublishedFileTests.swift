import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@Suite("A published file")
struct PublishedFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(_ name: String = "h", mode: UInt32 = 0o640, group: UInt32? = nil) -> PublishedFile {
    PublishedFile(path: folder.path(name), ownership: Ownership(mode: mode, group: group))
  }

  @Test(
    "has the content, mode and group, and no temporary file is left", arguments: [0o600, 0o640, 0o644, 0o444])
  func replace(mode: UInt32) throws {
    let group: UInt32 = geteuid() == 0 ? 4321 : getegid()
    let file = file(mode: mode, group: group)
    try file.replace(with: Secret("JWT a"))
    try file.replace(with: Secret("JWT b"))
    #expect(contents(file.path) == "JWT b")
    #expect(FileStatus(file.path)?.mode == mode)
    #expect(FileStatus(file.path)?.group == group)
    #expect(folder.names() == ["h"])
  }

  @Test("gives a reader all of the old or all of the new content, and the right mode")
  func isAtomic() throws {
    let file = file(mode: 0o604)
    let texts = ["a", "b"].map { [UInt8](repeating: UInt8(ascii: Unicode.Scalar($0)!), count: 40_000) }
    try file.replace(with: Secret(texts[0]))
    let over = FlagFile(folder.path("over"))
    let faults = folder.path("faults")
    let path = file.path
    let reader = try WorkerThread(name: "reader") {
      var (count, fault) = (0, "")
      repeat {
        let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
        if !texts.contains(bytes) { fault = "\(bytes.count) bytes" }
        if FileStatus(path)?.mode != 0o604 { fault = "mode" }
        count += 1
      } while !over.isThere || count < 10
      write(fault, to: faults)
    }
    for turn in 0..<200 { try file.replace(with: Secret(texts[turn % 2])) }
    over.raise()
    reader.join()
    #expect(contents(faults) == "")
  }

  @Test("writes over the temporary file of a killed process, and never through a link in its place")
  func leftovers() throws {
    write("half a tok", to: folder.path(".h.tmp"))
    try file().replace(with: Secret("JWT a"))
    #expect(folder.names() == ["h"])

    write("victim", to: folder.path("victim"))
    symlink(folder.path("victim"), folder.path(".h.tmp"))
    try file().replace(with: Secret("JWT b"))
    #expect(contents(folder.path("h")) == "JWT b")
    #expect(contents(folder.path("victim")) == "victim")
    #expect(folder.names() == ["h", "victim"])
  }

  @Test("replaces a link and not what it leads to")
  func link() throws {
    write("victim", to: folder.path("victim"))
    symlink(folder.path("victim"), folder.path("h"))
    try file().replace(with: Secret("JWT b"))
    #expect(contents(folder.path("victim")) == "victim")
    try file().remove()
    #expect(folder.names() == ["victim"])
  }

  @Test("leaves the old content and no other file where it fails")
  func failures() throws {
    let gone = PublishedFile(path: folder.path("gone/h"), ownership: Ownership(mode: 0o640, group: nil))
    #expect(throws: SystemError.self) { try gone.replace(with: Secret([1])) }

    mkdir(folder.path("folder"), 0o700)
    let directory = file("folder")
    let error = #expect(throws: SystemError.self) { try directory.replace(with: Secret([1])) }
    #expect(error?.errno == EISDIR)
    #expect(folder.names() == ["folder"])
    #expect(throws: SystemError.self) { try directory.remove() }
    #expect(folder.names() == ["folder"])
  }

  @Test(
    "leaves the old content and no other file where the group isn't to be had", .enabled(if: geteuid() == 0))
  func foreignGroup() async throws {
    let path = folder.path("h")
    chmod(folder.path, 0o777)
    await #expect(processExitsWith: .success) { [path = path as String] in
      guard setgroups(0, nil) == 0, setgid(65_534) == 0, setuid(65_534) == 0 else { exit(2) }
      let own = PublishedFile(path: path, ownership: Ownership(mode: 0o640, group: nil))
      try own.replace(with: Secret("old"))
      let foreign = PublishedFile(path: path, ownership: Ownership(mode: 0o640, group: 0))
      do throws(SystemError) {
        try foreign.replace(with: Secret("new"))
        exit(3)
      } catch {
        exit(error.errno == EPERM && contents(path) == "old" ? 0 : 1)
      }
    }
    #expect(folder.names() == ["h"])
  }

  @Test("leaves the old content and no other file on a full disk", .enabled(if: geteuid() == 0))
  func fullDisk() throws {
    let disk = folder.path("disk")
    mkdir(disk, 0o700)
    try #require(mount("tmpfs", disk, "tmpfs", 0, "size=16k") == 0, "root may not mount here")
    defer { umount2(disk, 2) }
    let file = PublishedFile(path: "\(disk)/h", ownership: Ownership(mode: 0o640, group: nil))
    try file.replace(with: Secret("old"))
    let error = #expect(throws: SystemError.self) {
      try file.replace(with: Secret([UInt8](repeating: 1, count: 60_000)))
    }
    #expect(error?.errno == ENOSPC)
    #expect(contents(file.path) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == ["h"])
  }

  @Test("is removed, also where it is gone already")
  func remove() throws {
    let file = file()
    try file.remove()
    try file.replace(with: Secret([1]))
    try file.remove()
    #expect(folder.names() == [])
  }

  @Test("is emptied where its folder doesn't let it go", .enabled(if: geteuid() == 0))
  func empties() async throws {
    let path = folder.path("h")
    write("JWT a", to: path)
    chown(path, 65_534, 65_534)
    chmod(folder.path, 0o755)
    await #expect(processExitsWith: .success) { [path = path as String] in
      guard setgroups(0, nil) == 0, setgid(65_534) == 0, setuid(65_534) == 0 else { exit(2) }
      let file = PublishedFile(path: path, ownership: Ownership(mode: 0o640, group: nil))
      try file.remove()
      exit(contents(path) == "" ? 0 : 1)
    }
    #expect(contents(path) == "")
  }

  @Test("is in the service's own group where none is named", .enabled(if: geteuid() == 0))
  func ownGroup() throws {
    chown(folder.path, 0, 4321)
    chmod(folder.path, 0o2755)
    try file().replace(with: Secret([1]))
    let socket = try ListeningSocket(path: folder.path("s"), ownership: Ownership(mode: 0o660, group: nil))
    #expect(FileStatus(folder.path("h"))?.group == getegid())
    #expect(FileStatus(folder.path("s"))?.group == getegid())
    _ = consume socket
  }
}
