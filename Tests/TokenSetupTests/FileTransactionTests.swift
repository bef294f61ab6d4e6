import Glibc
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenSetup

@Suite("Changes on disk: all or none")
struct FileTransactionTests {
  private let folder: TemporaryFolder
  private let owner = FileOwner(user: geteuid(), group: getegid(), mode: 0o640)

  init() throws {
    folder = try TemporaryFolder()
  }

  private func perform(_ changes: [FileChange]) throws(FileTransaction.Failure) {
    try FileTransaction.perform(changes)
  }

  @Test("Files are made, replaced and removed, with their owners and modes, and nothing else is left")
  func success() throws {
    write("old", to: folder.path("b"))
    write("old", to: folder.path("c"))
    try perform([
      .create(path: folder.path("a"), content: Secret("A"), .secret),
      .replace(path: folder.path("b"), content: Secret("B"), owner), .remove(path: folder.path("c")),
    ])
    #expect(folder.names() == ["a", "b"])
    #expect(contents(folder.path("a")) == "A" && contents(folder.path("b")) == "B")
    #expect(FileStatus(folder.path("a"))?.mode == 0o600 && FileStatus(folder.path("b"))?.mode == 0o640)
  }

  @Test("Where a later step fails, the earlier ones are undone", arguments: ["EEXIST", "ENOENT", "EISDIR"])
  func undone(kind: String) throws {
    write("old", to: folder.path("b"))
    write("old", to: folder.path("c"))
    chmod(folder.path("b"), 0o604)
    mkdir(folder.path("d"), 0o700)
    let last: FileChange =
      switch kind {
      case "EEXIST": .create(path: folder.path("c"), content: Secret("C"), owner)
      case "ENOENT": .remove(path: folder.path("none"))
      default: .replace(path: folder.path("d"), content: Secret("D"), owner)
      }
    let failure = #expect(throws: FileTransaction.Failure.self) {
      try perform([
        .create(path: folder.path("a"), content: Secret("A"), owner),
        .replace(path: folder.path("b"), content: Secret("B"), owner), last,
      ])
    }
    #expect(failure?.remains == nil && failure?.description.hasSuffix("; nothing was changed") == true)
    #expect(folder.names() == ["b", "c", "d"])
    #expect(contents(folder.path("b")) == "old" && contents(folder.path("c")) == "old")
    #expect(FileStatus(folder.path("b"))?.mode == 0o604)
  }

  @Test("A folder that isn't there is found out before anything is changed")
  func staging() throws {
    write("old", to: folder.path("b"))
    #expect(throws: FileTransaction.Failure.self) {
      try perform([
        .replace(path: folder.path("b"), content: Secret("B"), owner),
        .create(path: folder.path("no/a"), content: Secret("A"), owner),
      ])
    }
    #expect(folder.names() == ["b"] && contents(folder.path("b")) == "old")
  }

  @Test("The lock is exclusive, and removes what a killed program has left, and only that")
  func lock() throws {
    for name in [".assetit-1f", ".other", "a"] { write("x", to: folder.path(name)) }
    let lock = try SettingLock(folder: folder.path, cleaning: [folder.path])
    #expect(folder.names() == [".other", "a"])
    let error = #expect(throws: SystemError.self) { try SettingLock(folder: folder.path, cleaning: []) }
    #expect(error?.errno == EWOULDBLOCK)
    withExtendedLifetime(lock) {}
  }
}
