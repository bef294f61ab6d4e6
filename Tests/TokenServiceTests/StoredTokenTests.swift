import FoundationEssentials
import LinuxSystem
import Testing
import TokenConfig
import TokenCore

@testable import TokenService

@Suite("A stored token")
struct StoredTokenTests {
  private static let key = Secret("key")
  private static let credentials = Credentials(clientID: Secret("id"), clientSecret: Secret("secret"))

  private static func held(lifetime: Duration = .seconds(60), refreshAt: Duration = .seconds(30)) -> HeldToken
  {
    let grant = TokenGrant(token: Secret("a.b.c"), lifetime: lifetime, issuedAt: 1, expiresAt: 2)
    return HeldToken(grant: grant, requestedAt: start, refreshAt: start + refreshAt)
  }

  private static func stored(_ held: HeldToken, bootID: String = "boot") -> StoredToken {
    StoredToken(
      held, profile: "default", bootID: bootID,
      fingerprint: CredentialFingerprint(of: credentials, endpoint: "https://a", key: key), key: key,
      files: ["/run/default.header"])
  }

  @Test("comes back as it was, by way of JSON")
  func roundTrip() throws {
    let held = Self.held()
    let record = try JSONDecoder().decode(StoredToken.self, from: JSONEncoder().encode(Self.stored(held)))
    #expect(record == Self.stored(held))
    #expect(record.heldToken(bootID: "boot", now: start) == held)
    #expect(record.heldToken(bootID: "boot", now: start + .seconds(60) - .nanoseconds(1)) == held)
    #expect(record.files == ["/run/default.header"])
  }

  @Test("comes back with a lifetime beyond the clock's end")
  func endless() {
    let held = Self.held(lifetime: .seconds(253_402_300_799))
    #expect(Self.stored(held).heldToken(bootID: "boot", now: start)?.deadline == held.deadline)
  }

  @Test("doesn't come back when it has expired, or by another boot's clock")
  func refused() {
    let record = Self.stored(Self.held())
    #expect(record.heldToken(bootID: "boot", now: start + .seconds(60)) == nil)
    #expect(record.heldToken(bootID: "boot", now: start - .nanoseconds(1)) == nil, "asked for in the future")
    #expect(record.heldToken(bootID: "other", now: start) == nil)
    #expect(record.heldToken(bootID: "", now: start) == nil)
    #expect(Self.stored(Self.held(), bootID: "").heldToken(bootID: "", now: start) == nil, "of no known boot")
  }

  @Test(
    "doesn't come back from a record that contradicts itself",
    arguments: [
      ("version", "2"), ("lifetime", "0"), ("lifetime", "-1"), ("lifetime", "60000000001"),
      ("deadline", "9223372036854775807"), ("token", "\"\""), ("token", "\"YQpi\""),
    ])
  func contradictions(key: String, value: String) throws {
    let text = String(decoding: try JSONEncoder().encode(Self.stored(Self.held())), as: UTF8.self)
    var pairs: [String] = []
    for pair in text.dropFirst().dropLast().split(separator: ",\"") {
      let name = pair.split(separator: "\"")[0]
      pairs.append(name == key ? "\"\(key)\":\(value)" : (pair.first == "\"" ? "\(pair)" : "\"\(pair)"))
    }
    let changed = "{" + pairs.joined(separator: ",") + "}"
    #expect(changed != text)
    let record = try JSONDecoder().decode(StoredToken.self, from: Data(changed.utf8))
    #expect(record.heldToken(bootID: "boot", now: start) == nil)
  }

  @Test("is refreshed at its end at the latest, whatever the record says")
  func refreshAt() {
    let record = Self.stored(Self.held(refreshAt: .seconds(6000)))
    #expect(record.heldToken(bootID: "boot", now: start)?.refreshAt == start + .seconds(60))
  }

  @Test("knows the credentials that brought it")
  func credentials() {
    let record = Self.stored(Self.held())
    let other = Credentials(clientID: Secret("id"), clientSecret: Secret("other"))
    #expect(record.isFor(Self.credentials, endpoint: "https://a"))
    #expect(!record.isFor(Self.credentials, endpoint: "https://b"))
    #expect(!record.isFor(other, endpoint: "https://a"))
  }

  @Test("has a name in the store for its socket that systemd takes")
  func socketName() {
    #expect(TokenStore.socketName("/run/a:b/c.sock") == "/run/a%3Ab/c.sock")
    #expect(TokenStore.socketName("/run/a:b") != TokenStore.socketName("/run/a%3Ab"))
  }
}
