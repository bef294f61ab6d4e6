import FoundationEssentials
import LinuxSystem
import Testing
import TokenCore

@testable import TokenService

@Suite("A stored token's record")
struct StoredTokenRecordTests {
  private static let key = Secret("key")

  private static func held(lifetime: Duration = .seconds(60), refreshAt: Duration = .seconds(30)) -> HeldToken
  {
    let grant = TokenGrant(token: Secret("a.b.c"), lifetime: lifetime, issuedAt: 1, expiresAt: 2)
    return HeldToken(grant: grant, requestedAt: start, refreshAt: start + refreshAt)
  }

  private static func stored(_ held: HeldToken) -> StoredToken {
    StoredToken(
      held, profile: "default", bootID: "boot", fingerprint: nil, key: key, files: [])
  }

  @Test("comes back with a lifetime beyond the clock's end")
  func endless() {
    let held = Self.held(lifetime: .seconds(253_402_300_799))
    #expect(Self.stored(held).heldToken(bootID: "boot", now: start)?.deadline == held.deadline)
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

  @Test("has a name in the store for its socket that systemd takes")
  func socketName() {
    #expect(TokenStore.socketName("/run/a:b/c.sock") == "/run/a%3Ab/c.sock")
    #expect(TokenStore.socketName("/run/a:b") != TokenStore.socketName("/run/a%3Ab"))
  }
}
