import FoundationEssentials
import LinuxSystem
import TestSupport
import Testing
import TokenCore

@testable import TokenService

@Suite("A token over a restart")
struct StoredTokenTests {
  private static let now = BootTime(nanoseconds: 5_000_000_000_000)
  private static let key = Secret("key")
  private static let held = HeldToken(
    grant: TokenGrant(token: Secret("a.b.c"), lifetime: .seconds(100), issuedAt: 7, expiresAt: 107),
    requestedAt: now - .seconds(10), refreshAt: now + .seconds(40))

  private static func record(_ held: HeldToken = held, bootID: String = "boot") -> StoredToken {
    StoredToken(held, profile: "default", bootID: bootID, fingerprint: nil, key: key, files: ["/f"])
  }

  @Test("comes back as it was, through sealed memory")
  func roundTrip() throws {
    let bytes = Array(try JSONEncoder().encode(Self.record()))
    let memory = try SealedMemory.make(name: "test", holding: bytes)
    let contents = SealedMemory.contents(of: memory, limit: StoredToken.limit)
    let read = try #require(contents)
    let stored = try JSONDecoder().decode(StoredToken.self, from: Data(read))
    #expect(stored == Self.record())
    #expect(stored.heldToken(bootID: "boot", now: Self.now) == Self.held)
  }

  @Test("is refused after another boot, at its end, from the future, or where it contradicts itself")
  func refused() {
    let record = Self.record()
    #expect(record.heldToken(bootID: "other", now: Self.now) == nil)
    #expect(Self.record(bootID: "").heldToken(bootID: "", now: Self.now) == nil)
    #expect(record.heldToken(bootID: "boot", now: Self.held.deadline) == nil)
    #expect(record.heldToken(bootID: "boot", now: Self.held.deadline - .nanoseconds(1)) != nil)
    #expect(record.heldToken(bootID: "boot", now: Self.held.requestedAt - .nanoseconds(1)) == nil)
    let newline = HeldToken(
      grant: TokenGrant(token: Secret("a\nb"), lifetime: .seconds(100)), requestedAt: Self.now,
      refreshAt: Self.now)
    #expect(Self.record(newline).heldToken(bootID: "boot", now: Self.now) == nil)
  }

  @Test("sealed memory can't be changed, and what isn't sealed or is too long is refused")
  func seals() throws {
    let memory = try SealedMemory.make(name: "test", holding: Array("abc".utf8))
    let tooLong = SealedMemory.contents(of: memory, limit: 2)
    #expect(tooLong == nil)
    #expect(throws: SystemError.self) {
      try retrying("write to", "sealed memory") { memory.write(Array("x".utf8)) }
    }
    let unsealed = try OwnedFD("open", "a plain file") { openTemporary() }
    let plain = SealedMemory.contents(of: unsealed, limit: 10)
    #expect(plain == nil)
  }

  @Test("belongs to the credentials that brought it, at the place where they were sent")
  func fingerprint() {
    let credentials = Credentials(clientID: Secret("id"), clientSecret: Secret("secret"))
    let stored = StoredToken(
      Self.held, profile: "default", bootID: "boot",
      fingerprint: CredentialFingerprint(of: credentials, endpoint: "e", key: Self.key), key: Self.key,
      files: [])
    #expect(stored.isFor(credentials, endpoint: "e"))
    #expect(!stored.isFor(credentials, endpoint: "f"))
    let rotated = Credentials(clientID: Secret("id"), clientSecret: Secret("secret2"))
    #expect(!stored.isFor(rotated, endpoint: "e"))
  }
}
