import Testing
import TokenCore

@testable import TokenService

@Suite("Limits and fingerprints")
struct LimitTests {
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
