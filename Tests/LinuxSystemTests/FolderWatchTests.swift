import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Watching folders")
struct FolderWatchTests {
  private let folder: TemporaryFolder
  private let watch: FolderWatch

  init() throws {
    folder = try TemporaryFolder()
    watch = try FolderWatch()
  }

  /// Each once.
  private func names() -> Set<String> {
    Set(watch.events().compactMap { if case .changed(_, let name) = $0 { name } else { nil } })
  }

  @Test("A watched folder tells of names that come, change and go, and not of writing that isn't finished")
  func changes() throws {
    _ = try watch.add(folder.path)
    #expect(watch.events() == [])
    let file = OwnedFD(open(folder.path("a"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    #expect(names() == ["a"])
    #expect(Glibc.write(file.raw, "x", 1) == 1)
    #expect(names() == [])
    _ = consume file
    #expect(names() == ["a"])
    chmod(folder.path("a"), 0o640)
    #expect(names() == ["a"])
    rename(folder.path("a"), folder.path("b"))
    #expect(names() == ["a", "b"])
    unlink(folder.path("b"))
    #expect(names() == ["b"])
  }

  @Test("A removed file that is still open tells nothing when it is closed")
  func unlinked() throws {
    write("x", to: folder.path("a"))
    _ = try watch.add(folder.path)
    let file = OwnedFD(open(folder.path("a"), O_WRONLY | O_CLOEXEC))
    unlink(folder.path("a"))
    #expect(names() == ["a"])
    _ = consume file
    #expect(names() == [])
  }

  @Test("A folder tells that it is removed or renamed itself")
  func folders() throws {
    for name in ["removed", "renamed"] {
      mkdir(folder.path(name), 0o700)
      let number = try watch.add(folder.path(name))
      if name == "removed" {
        rmdir(folder.path(name))
      } else {
        rename(folder.path(name), folder.path("other"))
      }
      #expect(watch.events().contains(.folder(watch: number)))
    }
  }

  @Test("A folder that is no longer watched tells nothing more")
  func removed() throws {
    let number = try watch.add(folder.path)
    #expect(try watch.add(folder.path) == number)
    watch.remove(number)
    _ = watch.events()
    write("x", to: folder.path("a"))
    #expect(watch.events() == [])
  }

  @Test("What is no folder can't be watched")
  func noFolder() throws {
    write("x", to: folder.path("file"))
    #expect(throws: SystemError("watch", folder.path("file"), errno: ENOTDIR)) {
      try watch.add(folder.path("file"))
    }
    #expect(throws: SystemError("watch", folder.path("gone"), errno: ENOENT)) {
      try watch.add(folder.path("gone"))
    }
  }

  @Test("More changes than the kernel keeps are told as an overflow")
  func overflow() throws {
    let limit = try #require(
      contents("/proc/sys/fs/inotify/max_queued_events").flatMap {
        Int($0.filter(\.isNumber))
      })
    _ = try watch.add(folder.path)
    for index in 0...limit {
      chmod(folder.path, index % 2 == 0 ? 0o700 : 0o755)
      mkdir(folder.path("\(index)"), 0o700)
    }
    var isOverflow = false
    while case let events = watch.events(), !events.isEmpty {
      isOverflow = isOverflow || events.contains(.overflow)
    }
    #expect(isOverflow)
  }

  @Test("A file system that other hosts change is told from one of this kernel's")
  func kinds() throws {
    #expect(try FileSystemKind(of: folder.path) == .local)
    #expect(throws: SystemError.self) { try FileSystemKind(of: folder.path("gone")) }
  }
}

@Suite("The folder entries that a path depends on")
struct PathTrailTests {
  private let folder: TemporaryFolder
  private let root: String

  init() throws {
    folder = try TemporaryFolder()
    root = try #require(realpath(folder.path, nil).map { String(cString: $0) })
  }

  private func trail(_ name: String) throws -> [String] {
    try PathTrail.of(folder.path(name)).steps.map { "\($0.folder.dropFirst(root.utf8.count)):\($0.name)" }
  }

  @Test("A plain file depends on its entry alone, there or not")
  func plain() throws {
    write("x", to: folder.path("a"))
    #expect(try trail("a") == [":a"])
    #expect(try trail("b") == [":b"])
    mkdir(folder.path("d"), 0o700)
    #expect(try trail("d/./../d//a") == ["/d:a"])
  }

  @Test("A file in a missing folder depends on that folder's entry")
  func missing() throws {
    #expect(try trail("d/e/a") == [":d"])
    write("x", to: folder.path("f"))
    #expect(try trail("f/a") == [":f"])
  }

  @Test("A file behind links, as Kubernetes mounts them, depends on each of them")
  func links() throws {
    for version in ["..1", "..2"] {
      mkdir(folder.path(version), 0o700)
      write(version, to: folder.path("\(version)/secret"))
    }
    symlink("..1", folder.path("..data"))
    symlink("..data/secret", folder.path("secret"))
    #expect(try trail("secret") == [":secret", ":..data", "/..1:secret"])
    unlink(folder.path("..data"))
    symlink("..2", folder.path("..data"))
    #expect(try trail("secret") == [":secret", ":..data", "/..2:secret"])
    symlink(folder.path("..2/secret"), folder.path("absolute"))
    #expect(try trail("absolute") == [":absolute", "/..2:secret"])
  }

  @Test("Links in a circle are refused")
  func circle() throws {
    symlink("b", folder.path("a"))
    symlink("a", folder.path("b"))
    let error = #expect(throws: SystemError.self) { try PathTrail.of(folder.path("a")) }
    #expect(error?.errno == ELOOP)
  }
}
