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
  private let path: String
  private var file: HeaderFile
  private var random = SeededRandom()

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("default.header")
    file = HeaderFile(FileConfiguration(path: path))
  }

  /// A folder where the temporary file goes: nothing can be written, but what is there can be removed.
  private func blockWriting() { mkdir(folder.path(".default.header.tmp"), 0o700) }
  private func unblockWriting() { rmdir(folder.path(".default.header.tmp")) }

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

  @Test("loses the old header at its own end while the new one can't be written")
  mutating func oldEnds() {
    _ = publish(makeHeader("old", lifetime: .seconds(60)))
    blockWriting()
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
    unblockWriting()
    _ = update(at: 120)
    #expect(contents(path) == "JWT new")
    #expect(file.dueAt == start + .seconds(600))
  }

  @Test("isn't called well again when only the old header was removed and the new one still can't be written")
  mutating func removalIsNoRecovery() {
    _ = publish(makeHeader("old", lifetime: .milliseconds(59_500)))
    blockWriting()
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

  @Test("is tried again after waits that double up to 30 s, and is well when one succeeds")
  mutating func retries() throws {
    blockWriting()
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
    unblockWriting()
    outcome = file.update(now: try #require(file.dueAt), random: &random)
    #expect(outcome == .done(afterFailures: 10))
    #expect(contents(path) == "JWT a")
  }

  @Test("is withdrawn at once, whether written or not, and stays away")
  mutating func withdraws() {
    _ = publish(makeHeader("a"))
    #expect(file.withdraw(now: start + .seconds(1), random: &random) == .done(afterFailures: 0))
    #expect(folder.names() == [])
    #expect(file.withdraw(now: start + .seconds(2), random: &random) == .unchanged)

    blockWriting()
    _ = publish(makeHeader("b"), at: 3)
    _ = file.withdraw(now: start + .seconds(4), random: &random)
    unblockWriting()
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
