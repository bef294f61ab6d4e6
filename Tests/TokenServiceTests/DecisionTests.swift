import Testing
import TokenCore

@testable import TokenService

@Suite("Decisions of the daemon")
struct DecisionTests {
  @Test(
    "Ready is said by this table",
    arguments: [
      ([], 0, .wait),
      ([.pending], 100, .wait),
      ([.token], 0, .ready),
      ([.token, .pending], 29, .wait),
      ([.token, .pending], 30, .ready),
      ([.token, .failed(.transient)], 0, .ready),
      ([.token, .failed(.rejected)], 0, .ready),
      ([.failed(.transient)], 1_000, .wait),
      ([.failed(.throttled(retryAfter: nil))], 1_000, .wait),
      ([.failed(.rejected), .pending], 1_000, .wait),
      ([.failed(.rejected), .failed(.transient)], 1_000, .wait),
      ([.failed(.rejected)], 0, .refused(.noPermission)),
      ([.failed(.misconfigured)], 0, .refused(.configuration)),
      ([.failed(.misconfigured), .failed(.rejected)], 0, .refused(.noPermission)),
    ] as [([Readiness.Answer], Int, Readiness.Verdict)])
  func readiness(answers: [Readiness.Answer], seconds: Int, verdict: Readiness.Verdict) {
    #expect(Readiness.judge(answers, sinceStart: .seconds(seconds)) == verdict)
  }

  @Test("A profile's answer is its token, else its last failure")
  func answers() {
    #expect(Readiness.Answer(TokenMachine(policy: RefreshPolicy())) == .pending)
    #expect(Readiness.Answer(MachineFixture.holding("a")) == .token)
    #expect(Readiness.Answer(MachineFixture.holding("a", failing: .status(401, retryAfter: nil))) == .token)
    #expect(
      Readiness.Answer(MachineFixture.holding(nil, failing: .status(401, retryAfter: nil)))
        == .failed(.rejected))
  }

  @Test("Signs of life end when the serving thread stands still for as long as systemd waits")
  func lifeSigns() {
    var unwatched = LifeSigns(interval: nil, now: start)
    #expect(unwatched.interval == nil)
    let isAlive = unwatched.isAlive(heartbeat: 1, now: start)
    #expect(!isAlive)

    var signs = LifeSigns(interval: .seconds(30), now: start)
    #expect(signs.interval == .seconds(10))
    let table: [(heartbeat: Int, at: Int, isAlive: Bool)] = [
      (0, 10, true), (1, 20, true), (1, 30, true), (1, 49, true), (1, 50, false), (1, 90, false),
      (2, 100, true),
      // Asleep for an hour, and the thread came round once before it.
      (3, 3700, true), (3, 3729, true), (3, 3730, false),
    ]
    for row in table {
      #expect(
        signs.isAlive(heartbeat: row.heartbeat, now: start + .seconds(row.at)) == row.isAlive,
        "at \(row.at) s")
    }
  }

  @Test("One report is let through in a while and says how many weren't")
  func reportLimit() {
    var limit = ReportLimit(interval: .seconds(10))
    let table: [(at: Int, leftOut: Int?)] = [
      (0, 0), (0, nil), (9, nil), (10, 2), (11, nil), (100, 1), (200, 0),
    ]
    for row in table { #expect(limit.admit(start + .seconds(row.at)) == row.leftOut, "at \(row.at) s") }

    var limits = ReportLimits(interval: .seconds(10))
    #expect(limits.admit("a", start) == 0)
    #expect(limits.admit("b", start) == 0)
    #expect(limits.admit("a", start) == nil)
  }

  @Test("A fingerprint is the same for the same credentials only")
  func fingerprint() {
    var random = SystemRandomNumberGenerator()
    let key = CredentialFingerprint.newKey(&random)
    func print(_ id: String, _ secret: String, _ endpoint: String, _ key: Secret) -> CredentialFingerprint {
      CredentialFingerprint(
        of: Credentials(clientID: Secret(id), clientSecret: Secret(secret)), endpoint: endpoint, key: key)
    }
    let one = print("id", "secret", "https://a", key)
    #expect(one == print("id", "secret", "https://a", key))
    #expect(one.digest.count == 32)
    #expect(key.count == 32)
    let others = [
      print("secret", "id", "https://a", key), print("ids", "ecret", "https://a", key),
      print("id", "secret", "https://b", key), print("", "idsecret", "https://a", key),
      print("aid", "secret", "https://", key), print("id", "secret", "https://a", Secret("other")),
      print("id", "", "https://a", key),
    ]
    for (index, other) in others.enumerated() { #expect(one != other, "number \(index)") }
    #expect(CredentialFingerprint.newKey(&random) != key)
  }

  @Test("It is HMAC-SHA256 (RFC 2104)")
  func knownDigest() {
    // HMAC-SHA256 with the key "key" over 24 zero bytes, by Python's hmac.
    let digest = CredentialFingerprint(
      of: Credentials(clientID: Secret(""), clientSecret: Secret("")), endpoint: "", key: Secret("key")
    ).digest
    #expect(
      digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        == "f0276c983297768094638d3cf348d0c0ec02b9cfa1591376322e17a1a098e3cf")
  }
}
