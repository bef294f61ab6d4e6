import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("The list of published files")
struct PublishedListTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func entry(_ name: String, _ inode: UInt64) -> PublishedList.Entry {
    PublishedList.Entry(path: folder.path(name), inode: inode)
  }

  /// What a process that begins now would find.
  private func found() throws -> Set<PublishedList.Entry> {
    let list = try #require(try PublishedList.open(in: folder.path))
    return Set(try list.inherited())
  }

  private func withList(_ body: (PublishedList) throws -> Void) throws {
    let list = try #require(try PublishedList.open(in: folder.path))
    _ = try list.inherited()
    try body(list)
  }

  @Test("The list of published files: what is noted is found after the process, and what is forgotten isn't")
  func notes() throws {
    try withList { list in
      try list.note(entry("a", 5))
      try list.note(entry("b", 6))
      try list.settle(entry("b", 6))
      try list.forget(folder.path("a"))
    }
    #expect(try found() == [entry("b", 6)])
    #expect(FileStatus(folder.path(".published"))?.mode == 0o600)
  }

  @Test("The list of published files: while a file is replaced both are on it")
  func replaces() throws {
    try withList { list in
      try list.note(entry("a", 5))
      try list.settle(entry("a", 5))
      try list.note(entry("a", 7))
    }
    #expect(try found() == [entry("a", 5), entry("a", 7)])
    try withList { list in
      // The new one never came to be, and the next takes its place.
      try list.note(entry("a", 8))
      try list.settle(entry("a", 8))
    }
    #expect(try found() == [entry("a", 8)])
  }

  @Test("The list of published files: it doesn't grow with the changes, and a path may hold anything")
  func bounded() throws {
    let odd = "odd \n % name\t\u{e9}"
    try withList { list in
      for inode in 1..<2_000 {
        try list.note(entry(odd, UInt64(inode)))
        try list.settle(entry(odd, UInt64(inode)))
      }
    }
    #expect((contents(folder.path(".published")) ?? "").utf8.count < 1_000)
    #expect(try found() == [entry(odd, 1_999)])
  }

  @Test("The list of published files: one process at a time holds it")
  func lock() throws {
    let first = try PublishedList.open(in: folder.path)
    let second = try PublishedList.open(in: folder.path)
    #expect(first != nil && second == nil)
    _ = consume first
    #expect(try found() == [])
  }

  @Test(
    "The list of published files: neither a link nor a list that others may write is used",
    arguments: [true, false])
  func foreign(isLink: Bool) throws {
    write("/etc/passwd 1\n", to: folder.path("victim"))
    if isLink {
      symlink(folder.path("victim"), folder.path(".published"))
    } else {
      rename(folder.path("victim"), folder.path(".published"))
      chmod(folder.path(".published"), 0o666)
    }
    #expect(throws: SystemError.self) { try PublishedList.open(in: folder.path) }
  }

  @Test("The list of published files: bytes that no daemon wrote are passed over")
  func garbage() throws {
    let bytes: [UInt8] =
      Array("relative 5\n/a\n/b x\n/c 99999999999999999999999\n%ZZ 4\n/d 0\n/e 7 8\n".utf8) + [0xFF, 0, 10]
    let path = folder.path(".published")
    write(String(decoding: bytes, as: UTF8.self), to: path)
    chmod(path, 0o600)
    #expect(try found() == [])
  }
}

@Suite("The clean-up after a daemon")
struct CleanUpRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Publishes as a daemon does that is killed afterwards.
  private func publish(_ names: String...) throws {
    let list = try #require(try PublishedList.open(in: folder.path))
    _ = try list.inherited()
    for name in names {
      let path = folder.path(name)
      let file = PublishedFile(path: path, ownership: Ownership(mode: 0o640, group: nil))
      let prepared = try file.prepare(Secret("JWT a"))
      try list.note(PublishedList.Entry(path: path, inode: prepared.identity.inode))
      _ = try prepared.publish()
    }
  }

  @Test(
    "The clean-up removes the header files of a killed daemon, and no other",
    arguments: ["signal", "watchdog", "exit-code", nil])
  func killed(result: String?) throws {
    try publish("a", "b")
    write("an operator's", to: folder.path("b.new"))
    rename(folder.path("b.new"), folder.path("b"))
    let outcome = try CleanUp.run(folder: folder.path, serviceResult: result)
    #expect(outcome.removed == [folder.path("a")])
    #expect(outcome.failures == [])
    #expect(folder.names() == [".published", "b"])
  }

  @Test("The clean-up removes what was killed half done")
  func halfDone() throws {
    try publish("a")
    let list = try #require(try PublishedList.open(in: folder.path))
    _ = try list.inherited()
    let left = folder.path(".assetit-0123456789abcdef.tmp")
    write("JWT b", to: left)
    try list.note(PublishedList.Entry(path: folder.path("a"), inode: try #require(FileStatus(left)).inode))
    _ = consume list
    _ = try CleanUp.run(folder: folder.path, serviceResult: "signal")
    #expect(folder.names() == [".published"])
  }

  @Test("The clean-up removes a temporary file by its name, before its inode was noted, and no other")
  func named() throws {
    try publish("a")
    let list = try #require(try PublishedList.open(in: folder.path))
    _ = try list.inherited()
    let (noted, other) = (TemporaryName(number: 7), TemporaryName(number: 8))
    try list.note(noted, for: folder.path("a"))
    for name in [noted, other] { write("JWT b", to: folder.path(name.text)) }
    _ = consume list
    _ = try CleanUp.run(folder: folder.path, serviceResult: "signal")
    #expect(folder.names() == [other.text, ".published"])
  }

  @Test("A noted name that leads to another's file is left alone")
  func linked() throws {
    try publish("a")
    let list = try #require(try PublishedList.open(in: folder.path))
    _ = try list.inherited()
    let name = TemporaryName(number: 7)
    try list.note(name, for: folder.path("a"))
    write("mine", to: folder.path("mine"))
    link(folder.path("mine"), folder.path(name.text))
    _ = consume list
    _ = try CleanUp.run(folder: folder.path, serviceResult: "signal")
    #expect(folder.names() == [name.text, ".published", "mine"])
  }

  @Test("The clean-up does nothing after a clean end")
  func success() throws {
    try publish("a")
    #expect(try CleanUp.run(folder: folder.path, serviceResult: "success").removed == [])
    #expect(folder.names() == [".published", "a"])
  }

  @Test("The clean-up does nothing while a daemon lives")
  func alive() throws {
    try publish("a")
    let list = try PublishedList.open(in: folder.path)
    #expect(list != nil)
    #expect(try CleanUp.run(folder: folder.path, serviceResult: "signal").removed == [])
    #expect(folder.names() == [".published", "a"])
    _ = list
  }

  @Test("The clean-up does nothing where there never was a daemon")
  func noFolder() throws {
    #expect(try CleanUp.run(folder: folder.path("gone"), serviceResult: "signal").removed == [])
  }
}
