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

  @Test("takes no name that others could foresee, and removes no file but its own")
  func temporaryNames() throws {
    write("another user's", to: folder.path(".h.tmp"))
    write("half a token", to: folder.path(".assetit-0123456789abcdef.tmp"))
    try file().replace(with: Secret("JWT a"))
    #expect(contents(folder.path("h")) == "JWT a")
    #expect(folder.names() == [".assetit-0123456789abcdef.tmp", ".h.tmp", "h"])
    try file().remove()
    #expect(folder.names() == [".assetit-0123456789abcdef.tmp", ".h.tmp"])
  }

  @Test("is prepared with its final mode before it is in place, and is known by its inode from then on")
  func prepared() throws {
    try file().replace(with: Secret("JWT a"))
    let prepared = try file(mode: 0o604).prepare(Secret("JWT b"))
    let identity = prepared.identity
    #expect(contents(folder.path("h")) == "JWT a")
    let temporary = try #require(folder.names().first { $0.hasPrefix(".assetit-") })
    #expect(FileStatus(folder.path(temporary))?.mode == 0o604)
    #expect(FileStatus(folder.path(temporary))?.inode == identity.inode)
    let published = try prepared.publish()
    #expect(published.identity == identity)
    #expect(file(mode: 0o604).holds(Secret("JWT b")) == identity)
    #expect(folder.names() == ["h"])
  }

  @Test("leaves no temporary file where it is prepared and never published")
  func abandoned() throws {
    _ = try file().prepare(Secret("JWT a"))
    #expect(folder.names() == [])
  }

  @Test("can be emptied after another took its place, for a container that still shows it")
  func emptied() throws {
    let old = try file().prepare(Secret("JWT a")).publish()
    Glibc.link(folder.path("h"), folder.path("mounted"))
    try file().replace(with: Secret("JWT b"))
    #expect(contents(folder.path("mounted")) == "JWT a")
    try old.empty()
    #expect(contents(folder.path("mounted")) == "")
    #expect(contents(folder.path("h")) == "JWT b")
  }

  @Test("is removed by its inode only if it is that file")
  func removeByIdentity() throws {
    let published = try file().prepare(Secret("JWT a")).publish()
    let identity = published.identity
    rename(folder.path("h"), folder.path("kept"))
    #expect(try !file().remove(ifIs: identity))
    write("mine", to: folder.path("h"))
    #expect(try !file().remove(ifIs: identity))
    #expect(contents(folder.path("h")) == "mine")
    rename(folder.path("kept"), folder.path("h"))
    #expect(try file().remove(ifIs: identity))
    #expect(folder.names() == [])
  }

  @Test("The temporary file of a killed process is found by its inode, and no other is removed")
  func leftover() async throws {
    let (path, note) = (folder.path("h"), folder.path("note"))
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, note = note as String] in
      let file = PublishedFile(path: path, ownership: Ownership(mode: 0o640, group: nil))
      let prepared = try file.prepare(Secret("JWT a"))
      write("\(prepared.identity.device) \(prepared.identity.inode)", to: note)
      kill(getpid(), SIGKILL)
      _ = try prepared.publish()
    }
    write("x", to: folder.path(".assetit-0123456789abcdef.tmp"))
    #expect(folder.names().count == 3)
    let numbers = (contents(note) ?? "").split(separator: " ").compactMap { UInt64($0) }
    try #require(numbers.count == 2)
    let identity = FileIdentity(device: numbers[0], inode: numbers[1])
    #expect(try file().removeTemporary(of: identity))
    #expect(try !file().removeTemporary(of: identity))
    #expect(folder.names() == [".assetit-0123456789abcdef.tmp", "note"])
  }

  @Test("is not replaced where it is a mount point, which the error says", .enabled(if: geteuid() == 0))
  func mountPoint() throws {
    write("old", to: folder.path("h"))
    write("other", to: folder.path("other"))
    try #require(
      mount(folder.path("other"), folder.path("h"), nil, UInt(MS_BIND), nil) == 0,
      "root may not mount here")
    defer { umount2(folder.path("h"), 2) }
    let error = #expect(throws: SystemError.self) { try file().replace(with: Secret("JWT a")) }
    #expect(error?.errno == EBUSY)
    #expect(
      error?.description.contains("it is a mount point: mount the folder \(folder.path), not the file")
        == true)
    #expect(folder.names() == ["h", "other"])
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
