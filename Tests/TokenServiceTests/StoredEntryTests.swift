import DaemonCore
import Glibc
import LinuxSystem
import Systemd
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("Entries of the descriptor store")
struct StoredEntryTests {
  private static let now = BootTime(nanoseconds: 5_000_000_000_000)
  private static let held = HeldToken(
    grant: TokenGrant(token: Secret("a.b.c"), lifetime: .seconds(100), issuedAt: 7, expiresAt: 107),
    requestedAt: now - .seconds(10), refreshAt: now + .seconds(40))

  private static var retry: RetryState {
    var retry = RetryState()
    retry.backOff = BackOff(steps: 3)
    retry.demands = RequestSpacing(backOff: BackOff(steps: 2), opensAt: now + .seconds(5), lastAt: now)
    retry.changes = RequestSpacing(backOff: BackOff(steps: 1), opensAt: nil, lastAt: now)
    retry.throttledUntil = now + .seconds(90)
    retry.refusals = RetryState.Refusals(interval: .seconds(60), tries: 2, nextAt: now + .seconds(30))
    retry.failure = RetryState.PastFailure(
      failureClass: .throttled(retryAfter: .seconds(90)), at: now, count: 4, reason: "AssetIT says: too many")
    retry.notBefore = now + .seconds(1)
    return retry
  }

  private static func record(
    _ held: HeldToken? = held, _ retry: RetryState = retry, profile: String = "default"
  ) -> ProfileRecord {
    ProfileRecord(
      profile: profile, endpoint: "https://a\n/b", held: held, retry: retry,
      tokenFingerprint: [1, 2, 3], requestFingerprint: nil, fingerprintKey: Secret("key"))
  }

  private static func bytes(_ record: ProfileRecord, bootID: String = "boot") -> [UInt8] {
    StoredEntry.record(record).encoded(bootID: bootID)
  }

  private static func decoded(_ bytes: [UInt8], bootID: String = "boot", now: BootTime = now) -> StoredEntry?
  {
    StoredEntry.decoded(bytes, bootID: bootID, now: now)
  }

  @Test("A record comes back as it was, with a token and without, through sealed memory")
  func roundTrip() throws {
    for record in [Self.record(), Self.record(nil), Self.record(Self.held, RetryState())] {
      let memory = try StoredEntry.record(record).sealed(bootID: "boot")
      let contents = SealedMemory.contents(of: memory, limit: TaggedFields.limit)
      #expect(Self.decoded(try #require(contents)) == .record(record))
    }
    let starts = StoredEntry.starts([Self.now - .seconds(9), Self.now])
    #expect(Self.decoded(starts.encoded(bootID: "boot")) == starts)
  }

  @Test(
    "Each class of failure comes back",
    arguments: [
      .transient, .throttled(retryAfter: nil), .throttled(retryAfter: .seconds(7)), .rejected, .misconfigured,
    ] as [FailureClass])
  func classes(failureClass: FailureClass) {
    var retry = RetryState()
    retry.failure = RetryState.PastFailure(failureClass: failureClass, at: Self.now, count: 1, reason: "")
    #expect(Self.decoded(Self.bytes(Self.record(nil, retry))) == .record(Self.record(nil, retry)))
  }

  @Test(
    "A token that has ended, or that contradicts itself, doesn't come back, and what is known of requests does"
  )
  func tokens() {
    let bytes = Self.bytes(Self.record())
    #expect(Self.decoded(bytes, now: Self.held.deadline) == .record(Self.record(nil)))
    #expect(Self.decoded(bytes, now: Self.held.deadline - .nanoseconds(1)) == .record(Self.record()))
    #expect(Self.decoded(bytes, now: Self.held.requestedAt - .nanoseconds(1)) == .record(Self.record(nil)))
    for token in ["", "a\nb", "a b", "ä"] {
      let odd = HeldToken(
        grant: TokenGrant(token: Secret(token), lifetime: .seconds(100)), requestedAt: Self.now,
        refreshAt: Self.now)
      #expect(Self.decoded(Self.bytes(Self.record(odd))) == .record(Self.record(nil)))
    }
    let late = HeldToken(
      grant: Self.held.grant, requestedAt: Self.held.requestedAt, refreshAt: Self.now + .seconds(6_000))
    guard case .record(let record)? = Self.decoded(Self.bytes(Self.record(late))) else {
      Issue.record("no record")
      return
    }
    #expect(record.held?.refreshAt == late.deadline)
  }

  @Test("An entry of another boot, or of none that is known, is no entry")
  func boots() {
    #expect(Self.decoded(Self.bytes(Self.record()), bootID: "other") == nil)
    #expect(Self.decoded(Self.bytes(Self.record(), bootID: ""), bootID: "") == nil)
  }

  @Test("No bytes end the process, whatever was changed, left out or added", arguments: 0..<200)
  func mutated(seed: Int) {
    var random = SeededRandom(state: UInt64(seed))
    let whole = Self.bytes(Self.record())
    for _ in 0..<100 {
      var bytes = whole
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      case 1: bytes += (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
      default:
        for _ in 0..<Int.random(in: 1...8, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
      }
      guard case .record(let record)? = Self.decoded(bytes), let held = record.held else { continue }
      #expect(held.isValid(at: Self.now))
    }
  }

  @Test("A record of 0.1.0 is understood, and nothing that only resembles one")
  func earlier() throws {
    let text = """
      {"version":1,"profile":"default","bootID":"boot","token":"YS5iLmM=","requestedAt":4990000000000,\
      "lifetime":100000000000,"deadline":5090000000000,"refreshAt":5040000000000,"issuedAt":7,"expiresAt":107,\
      "fingerprint":"AQID","fingerprintKey":"a2V5","files":["/run/a.header","/run/[b].env"]}
      """
    let earlier = try #require(EarlierRecord.decoded(Array(text.utf8)))
    #expect(earlier.files == ["/run/a.header", "/run/[b].env"])
    let record = try #require(earlier.record(bootID: "boot", now: Self.now))
    #expect(record.held == Self.held)
    #expect(record.tokenFingerprint == [1, 2, 3])
    #expect(record.endpoint == "")
    #expect(earlier.record(bootID: "other", now: Self.now) == nil)
    #expect(earlier.record(bootID: "boot", now: Self.held.deadline) == nil)
    let nested = String(repeating: "[", count: 600)
    for odd in ["", "{", nested, "{\"files\":" + nested, "{}", text + "}", "[\(text)]"] {
      #expect(EarlierRecord.decoded(Array(odd.utf8)) == nil)
    }
  }
}

@Suite("What systemd passes at the start")
struct InheritedDescriptorTests {
  private let folder: TemporaryFolder
  private let sockets = SocketTable()
  private let now = BootTime.now()

  init() throws {
    folder = try TemporaryFolder()
  }

  private func passed(_ name: String, _ descriptor: consuming OwnedFD) -> DescriptorStore.Passed {
    DescriptorStore.Passed(name: name, descriptor: descriptor)
  }

  private func listener(_ name: String) throws -> OwnedFD {
    try ListeningSocket(path: folder.path(name), ownership: Ownership(mode: 0o660, group: nil)).descriptor
      .duplicate()
  }

  @Test("Sockets are told apart by name: our own, those of 0.1.0, and those of socket units")
  func kinds() throws {
    var inherited = InheritedDescriptors(bootID: "boot", sockets: sockets, now: now)
    inherited.take(passed("_1a", try listener("a.sock")))
    inherited.take(passed(folder.path("b.sock"), try listener("b.sock")))
    inherited.take(passed("default", try listener("c.sock")))
    inherited.take(passed("_2", try LoopbackListener.open("127.0.0.1:0")))
    let found = inherited.inheritance
    #expect(found.sockets.map(\.place).prefix(2) == [folder.path("a.sock"), folder.path("b.sock")])
    #expect(found.sockets.count == 3)
    #expect(found.sockets[2].place.hasPrefix("127.0.0.1:"))
    #expect(found.activated.map(\.path) == [folder.path("c.sock")])
    #expect(found.activated.map(\.name) == ["default"])
    #expect(Set(found.sockets.map(\.socket) + found.activated.map(\.socket)).count == 4)
    #expect(found.refused == [])
  }

  @Test("Records are taken, and what is neither a record nor a socket is refused by name")
  func memory() throws {
    let record = ProfileRecord(
      profile: "p", endpoint: "e", held: nil, retry: RetryState(), tokenFingerprint: nil,
      requestFingerprint: nil,
      fingerprintKey: Secret("key"))
    var inherited = InheritedDescriptors(bootID: "boot", sockets: sockets, now: now)
    inherited.take(passed("_1", try StoredEntry.record(record).sealed(bootID: "boot")))
    inherited.take(passed("_2", try StoredEntry.starts([now]).sealed(bootID: "boot")))
    inherited.take(passed("_3", try StoredEntry.record(record).sealed(bootID: "another")))
    inherited.take(passed("_4", try SealedMemory.make(name: "x", holding: Array("garbage".utf8))))
    inherited.take(passed("stranger", try OwnedFD.spare()))
    let found = inherited.inheritance
    #expect(found.records == [Inheritance.Record(entry: StoreName("_1"), record: record)])
    #expect(found.starts == [now])
    #expect(found.startsEntry == StoreName("_2"))
    #expect(found.refused.map(\.entry.text) == ["_3", "_4", "stranger"])
  }
}
