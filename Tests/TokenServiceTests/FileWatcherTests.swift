import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("The file watcher")
struct FileWatcherTests {
  /// The watcher with a loop of its own: the test's thread.
  private final class Rig {
    let folder: TemporaryFolder
    let seen = SeenFiles()
    let watcher: FileWatcher
    private let results = Results()
    private(set) var now = BootTime(nanoseconds: 1_000_000_000)

    private final class Results: Sendable {
      let pending = Mutex<[(String, PathSurvey.Result)]>([])
    }

    init(hasWatch: Bool = true) throws {
      folder = try TemporaryFolder()
      let results = results
      watcher = FileWatcher(hasWatch ? try FolderWatch() : nil, seen) { folder, result in
        results.pending.withLock { $0.append((folder, result)) }
      }
    }

    func path(_ name: String) -> String { folder.path(name) }

    /// Adds the paths and waits until they are watched.
    func watch(_ names: String...) async throws -> [FileWatcher.News] {
      for name in names { watcher.add(path(name)) }
      return try await settle()
    }

    /// Lets surveys run until there is no other to be made.
    func settle() async throws -> [FileWatcher.News] {
      var news = watcher.flush(now)
      let end = ContinuousClock.now + .seconds(5)
      while watcher.isSurveying, ContinuousClock.now < end {
        for (folder, result) in results.pending.withLock({ pending in
          defer { pending = [] }
          return pending
        }) {
          news += watcher.apply(result, to: folder, now)
        }
        news += watcher.flush(now)
        try await Task.sleep(for: .milliseconds(1))
      }
      return news
    }

    func read() async throws -> [FileWatcher.News] {
      let news = watcher.read(now)
      return news + (try await settle())
    }

    func pass(_ time: Duration) async throws -> [FileWatcher.News] {
      now = now + time
      watcher.wake(now)
      return try await settle()
    }
  }

  @Test("A file that is created, written, changed and removed is told each time")
  func file() async throws {
    let rig = try Rig()
    let news1 = try await rig.watch("a", "b")
    #expect(news1 == [])
    write("x", to: rig.path("a"))
    let news2 = try await rig.read()
    #expect(news2.contains(.changed(path: rig.path("a"))))
    chmod(rig.path("a"), 0o666)
    let news3 = try await rig.read()
    #expect(news3 == [.changed(path: rig.path("a"))])
    write("unwatched", to: rig.path("c"))
    let news4 = try await rig.read()
    #expect(news4 == [])
    unlink(rig.path("a"))
    let news5 = try await rig.read()
    #expect(news5 == [.changed(path: rig.path("a"))])
    #expect(rig.watcher.wakeAt == nil)
  }

  @Test("A change between reading a file and watching it is told")
  func race() async throws {
    let rig = try Rig()
    write("x", to: rig.path("a"))
    rig.seen.note(rig.path("a"))
    rig.seen.note(rig.path("b"))
    write("xy", to: rig.path("a"))
    let news6 = try await rig.watch("a", "b")
    #expect(news6 == [.changed(path: rig.path("a"))])
  }

  @Test("What this process does itself isn't told, and what others do meanwhile is")
  func own() async throws {
    let rig = try Rig()
    _ = try await rig.watch("a")
    let file = PublishedFile(path: rig.path("a"), ownership: Ownership(mode: 0o640, group: nil))
    // The rename, and the end of the descriptor that it was written through.
    for _ in 0..<2 { rig.seen.expect(rig.path("a")) }
    try file.replace(with: Secret("JWT a"))
    let news7 = try await rig.read()
    #expect(news7 == [])
    // The rename, and the end of the descriptor that it was written through.
    for _ in 0..<2 { rig.seen.expect(rig.path("a")) }
    try file.replace(with: Secret("JWT b"))
    chmod(rig.path("a"), 0o666)
    let news8 = try await rig.read()
    #expect(news8 == [.changed(path: rig.path("a"))])
    rig.seen.expect(rig.path("a"))
    rig.seen.takeBack(rig.path("a"))
    unlink(rig.path("a"))
    let news9 = try await rig.read()
    #expect(news9 == [.changed(path: rig.path("a"))])
  }

  @Test("A swapped link on the way to a file is told, and from then on what it leads to is watched")
  func links() async throws {
    let rig = try Rig()
    for version in ["..1", "..2"] {
      mkdir(rig.path(version), 0o700)
      write(version, to: rig.path("\(version)/secret"))
    }
    symlink("..1", rig.path("..data"))
    symlink("..data/secret", rig.path("secret"))
    let secret = FileWatcher.News.changed(path: rig.path("secret"))
    _ = try await rig.watch("secret")
    symlink("..2", rig.path("..new"))
    rename(rig.path("..new"), rig.path("..data"))
    let news10 = try await rig.read()
    #expect(news10.contains(secret))
    write("newer", to: rig.path("..2/secret"))
    let news11 = try await rig.read()
    #expect(news11.contains(secret))
    write("unused", to: rig.path("..1/secret"))
    let news12 = try await rig.read()
    #expect(news12 == [])
  }

  @Test("A folder that is missing, made, removed and made again is followed")
  func folder() async throws {
    let rig = try Rig()
    _ = try await rig.watch("d/a")
    mkdir(rig.path("d"), 0o700)
    let news13 = try await rig.read()
    #expect(news13.contains(.changed(path: rig.path("d/a"))))
    write("x", to: rig.path("d/a"))
    let news14 = try await rig.read()
    #expect(news14.contains(.changed(path: rig.path("d/a"))))
    rename(rig.path("d"), rig.path("old"))
    let news15 = try await rig.read()
    #expect(news15.contains(.changedAll(folder: rig.path("d"))))
    mkdir(rig.path("d"), 0o700)
    _ = try await rig.read()
    write("y", to: rig.path("d/a"))
    let news16 = try await rig.read()
    #expect(news16.contains(.changed(path: rig.path("d/a"))))
  }

  @Test(
    "A folder that can't be watched is said once, looked at every ten seconds, and said again when it can be")
  func polling() async throws {
    let rig = try Rig(hasWatch: false)
    write("x", to: rig.path("a"))
    rig.seen.note(rig.path("a"))
    let news = try await rig.watch("a")
    guard case .polled(rig.folder.path, let reason)? = news.first, news.count == 1 else {
      Issue.record("\(news)")
      return
    }
    #expect(reason.contains("fs.inotify.max_user_instances"))
    write("xy", to: rig.path("a"))
    let news17 = try await rig.pass(.seconds(9))
    #expect(news17 == [])
    let news18 = try await rig.pass(.seconds(1))
    #expect(news18 == [.changed(path: rig.path("a"))])
    let news19 = try await rig.pass(.seconds(10))
    #expect(news19 == [])
    #expect(rig.watcher.remove(rig.path("a")) == [.notPolled(folder: rig.folder.path)])
    let news20 = try await rig.pass(.seconds(10))
    #expect(news20 == [])
    #expect(rig.watcher.wakeAt == nil)
  }

  @Test("A process that changes a file in a loop isn't followed change by change")
  func storm() async throws {
    let rig = try Rig()
    _ = try await rig.watch("a")
    for _ in 0..<200 {
      write("x", to: rig.path("a"))
      unlink(rig.path("a"))
    }
    _ = try await rig.read()
    let end = try #require(rig.watcher.restsUntil)
    #expect(end > rig.now)
    _ = try await rig.pass(end - rig.now)
    #expect(rig.watcher.restsUntil == nil)
  }
}
