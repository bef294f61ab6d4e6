import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("A file's stamp")
struct FileStampTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("secret")
    write("one", to: path)
  }

  @Test("is the same while nothing happens")
  func same() {
    #expect(FileStamp(path: path) == FileStamp(path: path))
    #expect(FileStamp(path: path) != nil)
  }

  @Test("is nil for a file that isn't there")
  func missing() {
    #expect(FileStamp(path: folder.path("other")) == nil)
  }

  @Test("notices a file put in its place, even with the same size and times")
  func replaced() {
    let before = FileStamp(path: path)
    let other = folder.path("new")
    write("two", to: other)
    var status = stat()
    stat(path, &status)
    let times = [status.st_atim, status.st_mtim]
    utimensat(AT_FDCWD, other, times, 0)
    rename(other, path)
    #expect(FileStamp(path: path) != before)
  }

  @Test("notices an edit in place that keeps the size and sets the time back")
  func edited() {
    var status = stat()
    stat(path, &status)
    let before = FileStamp(path: path)
    // The kernel's time stamps move on with its tick.
    usleep(20_000)
    let file = open(path, O_WRONLY)
    Glibc.write(file, "two", 3)
    close(file)
    let times = [status.st_atim, status.st_mtim]
    utimensat(AT_FDCWD, path, times, 0)
    #expect(FileStamp(path: path) != before)
  }

  @Test("follows a link that is switched")
  func link() {
    let (link, other) = (folder.path("link"), folder.path("other"))
    write("two", to: other)
    symlink(path, link)
    let before = FileStamp(path: link)
    #expect(before == FileStamp(path: path))
    unlink(link)
    symlink(other, link)
    #expect(FileStamp(path: link) != before)
    unlink(other)
    #expect(FileStamp(path: link) == nil)
  }

  @Test(
    "A time stamp of any year can be compared",
    arguments: [10_000_000_000, 253_402_300_800, Int.max, -9_300_000_000])
  func farAway(seconds: Int) {
    let times = [timespec(tv_sec: seconds, tv_nsec: 5), timespec(tv_sec: seconds, tv_nsec: 5)]
    // A file system may keep less than that; what it keeps counts.
    utimensat(AT_FDCWD, path, times, 0)
    let before = FileStamp(path: path)
    #expect(before != nil)
    #expect(before == FileStamp(path: path))
    utimensat(AT_FDCWD, path, [times[0], timespec(tv_sec: 1_700_000_000, tv_nsec: 5)], 0)
    #expect(FileStamp(path: path) != before)
  }
}
