import DaemonCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("A header file")
struct HeaderFileTests {
  private let folder: TemporaryFolder
  private var path: String
  private var file: HeaderFile
  private var random = SeededRandom()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("default.header")
    file = HeaderFile(FileConfiguration(path: path))
  }

  private static let mayMount: Comment = "only root can mount a file system that is full"

  /// Puts the file on a file system of five inodes.
  private mutating func useSmallDisk() throws -> SmallDisk {
    let disk = try #require(SmallDisk(folder.path("disk")))
    path = folder.path("disk/default.header")
    file = HeaderFile(FileConfiguration(path: path))
    return disk
  }

  private mutating func publish(_ header: Header, at seconds: Int = 0) -> HeaderFile.Outcome {
    file.publish(header, now: start + .seconds(seconds), random: &random)
  }

  private mutating func update(at seconds: Int) -> HeaderFile.Outcome {
    file.update(now: start + .seconds(seconds), random: &random)
  }

  @Test("is taken away at the start where a killed process left it")
  mutating func clearsStale() {
    write("JWT old", to: path)
    #expect(file.dueAt.map { $0 <= start } == true)
    #expect(update(at: 0) == .done(afterFailures: 0))
    #expect(folder.names() == [])
    #expect(file.dueAt == nil)
    #expect(update(at: 1) == .unchanged)
  }

  @Test("has the header until its deadline, to the nanosecond")
  mutating func expires() {
    #expect(publish(makeHeader("a")) == .done(afterFailures: 0))
    #expect(contents(path) == "JWT a")
    #expect(file.dueAt == start + .seconds(60))
    #expect(file.update(now: start + .seconds(60) - .nanoseconds(1), random: &random) == .unchanged)
    #expect(contents(path) == "JWT a")
    #expect(update(at: 60) == .done(afterFailures: 0))
    #expect(folder.names() == [])
    #expect(file.dueAt == nil)
  }

  @Test("isn't touched when the same header is published again, and is by another one")
  mutating func republish() throws {
    _ = publish(makeHeader("a"))
    let before = try #require(FileStatus(path))
    #expect(publish(makeHeader("a"), at: 5) == .unchanged)
    #expect(FileStatus(path) == before)
    #expect(publish(makeHeader("a", lifetime: .seconds(90)), at: 6) == .done(afterFailures: 0))
    #expect(FileStatus(path) == before, "the same bytes with a later end")
    #expect(file.dueAt == start + .seconds(90))
    // Held open, so that its inode isn't used again.
    let old = open(path, O_RDONLY)
    defer { close(old) }
    #expect(publish(makeHeader("b"), at: 7) == .done(afterFailures: 0))
    #expect(FileStatus(path)?.inode != before.inode)
  }

  @Test("never gets a header that has ended")
  mutating func expiredAlready() {
    _ = update(at: 0)
    #expect(publish(makeHeader("a"), at: 60) == .unchanged)
    #expect(folder.names() == [])
  }

  @Test(
    "loses the old header at its own end while the new one can't be written",
    .enabled(if: geteuid() == 0, mayMount))
  mutating func oldEnds() throws {
    let disk = try useSmallDisk()
    _ = publish(makeHeader("old", lifetime: .seconds(60)))
    disk.fill()
    guard case .failed(_, count: 1, let retryAt) = publish(makeHeader("new", lifetime: .seconds(600)), at: 59)
    else {
      Issue.record("it could be written")
      return
    }
    #expect(contents(path) == "JWT old")
    #expect(retryAt >= start + .seconds(60))
    #expect(file.dueAt == start + .seconds(60), "the old one's end comes before the retry")
    _ = update(at: 60)
    #expect(contents(path) == nil, "removed though the retry, due as well, failed")
    disk.empty()
    _ = update(at: 120)
    #expect(contents(path) == "JWT new")
    #expect(file.dueAt == start + .seconds(600))
  }

  @Test(
    "isn't called well again when only the old header was removed and the new one still can't be written",
    .enabled(if: geteuid() == 0, mayMount))
  mutating func removalIsNoRecovery() throws {
    let disk = try useSmallDisk()
    _ = publish(makeHeader("old", lifetime: .milliseconds(59_500)))
    disk.fill()
    _ = publish(makeHeader("new", lifetime: .seconds(600)), at: 59)
    let outcome = file.update(now: start + .milliseconds(59_500), random: &random)
    #expect(contents(path) == nil)
    #expect(outcome != .done(afterFailures: 1))
  }

  @Test("tells the first failure, also where neither writing nor removing works")
  mutating func doubleFailure() {
    mkdir(path, 0o700)
    let outcome = publish(makeHeader("a"))
    guard case .failed(_, let count, _) = outcome else {
      Issue.record("a folder was replaced")
      return
    }
    #expect(count == 1)
    #expect(Notice.file(path, outcome, profile: "p", startMoment) != nil)
  }

  @Test(
    "is tried again after waits that double up to 30 s, and is well when one succeeds",
    .enabled(if: geteuid() == 0, mayMount))
  mutating func retries() throws {
    let disk = try useSmallDisk()
    disk.fill()
    var now = start
    var outcome = publish(makeHeader("a", lifetime: .seconds(3600)))
    _ = update(at: 0)
    for count in 1...9 {
      guard case .failed(let reason, count, let retryAt) = outcome else {
        Issue.record("try \(count): \(outcome)")
        return
      }
      #expect(reason.contains(path))
      let step = min(Double(1 << (count - 1)), 30)
      #expect((max(1, step / 2)...step).contains((retryAt - now).inSeconds), "after failure \(count)")
      #expect(file.update(now: retryAt - .nanoseconds(1), random: &random) == .unchanged)
      now = retryAt
      outcome = file.update(now: now, random: &random)
    }
    disk.empty()
    outcome = file.update(now: try #require(file.dueAt), random: &random)
    #expect(outcome == .done(afterFailures: 10))
    #expect(contents(path) == "JWT a")
  }

  @Test(
    "is withdrawn at once, whether written or not, and stays away", .enabled(if: geteuid() == 0, mayMount))
  mutating func withdraws() throws {
    let disk = try useSmallDisk()
    _ = publish(makeHeader("a"))
    #expect(file.withdraw(now: start + .seconds(1), random: &random) == .done(afterFailures: 0))
    #expect(folder.names() == [])
    #expect(file.withdraw(now: start + .seconds(2), random: &random) == .unchanged)

    disk.fill()
    _ = publish(makeHeader("b"), at: 3)
    _ = file.withdraw(now: start + .seconds(4), random: &random)
    disk.empty()
    #expect(update(at: 50) == .unchanged)
    #expect(folder.names() == [])
    #expect(file.dueAt == nil)
  }

  @Test("is removed as soon as it can be where that fails first")
  mutating func removalRetries() throws {
    mkdir(path, 0o700)
    guard case .failed(_, count: 1, let retryAt) = update(at: 0) else {
      Issue.record("a folder was removed")
      return
    }
    #expect(file.dueAt == retryAt)
    rmdir(path)
    #expect(file.update(now: retryAt, random: &random) == .done(afterFailures: 1))
  }
}

/// A file system in memory with five inodes: with the fillers no file can be made on it, but what is there can be removed.
private final class SmallDisk {
  private let path: String

  init?(_ path: String) {
    self.path = path
    mkdir(path, 0o700)
    guard mount("tmpfs", path, "tmpfs", 0, "nr_inodes=5,mode=700") == 0 else { return nil }
  }

  func fill() { for filler in fillers { close(open(filler, O_CREAT | O_EXCL, 0o600)) } }
  func empty() { for filler in fillers { unlink(filler) } }

  private var fillers: [String] { (0..<5).map { "\(path)/filler\($0)" } }

  deinit { umount2(path, 2) }
}
