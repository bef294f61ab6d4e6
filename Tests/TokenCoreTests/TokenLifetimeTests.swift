import Testing

@testable import TokenCore

@Suite("How long a token is good for")
struct TokenLifetimeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var exp: Int64?
    var iat: Int64?
    var date: Int64?
    var hasAge = false
    var now = 1000.0
    /// `nil`: expired.
    let expected: Duration?
  }

  @Test(
    "is the least of what the service's own clock says",
    arguments: [
      Row(testDescription: "by Date", exp: 1600, date: 1000, expected: .seconds(599)),
      Row(testDescription: "by iat", exp: 1600, iat: 1100, expected: .seconds(499)),
      Row(testDescription: "the least: Date", exp: 1600, iat: 900, date: 1000, expected: .seconds(599)),
      Row(testDescription: "the least: iat", exp: 1600, iat: 1200, date: 1000, expected: .seconds(399)),
      Row(
        testDescription: "Date is old", exp: 1600, iat: 900, date: 1500, hasAge: true, expected: .seconds(699)
      ),
      Row(
        testDescription: "local time is a year off", exp: 1600, date: 1000, now: 3e7, expected: .seconds(599)),
      Row(testDescription: "expired by Date", exp: 1000, iat: 100, date: 1000, expected: nil),
      Row(testDescription: "one second left", exp: 1001, date: 1000, expected: nil),
      Row(testDescription: "two seconds left", exp: 1002, date: 1000, expected: .seconds(1)),
      Row(testDescription: "issued after its end", exp: 1600, iat: 1700, date: 1000, expected: nil),
      Row(testDescription: "nothing but exp", exp: 1600, now: 1000.25, expected: .seconds(599.75)),
      Row(testDescription: "exp beyond assumed", exp: 9000, expected: .seconds(3600)),
      Row(testDescription: "past exp by local time alone", exp: 900, expected: .seconds(3600)),
      Row(
        testDescription: "nothing but exp and an old Date", exp: 1600, date: 1500, hasAge: true,
        expected: .seconds(600)),
      Row(testDescription: "no exp", iat: 1000, date: 1000, expected: .seconds(3600)),
      Row(testDescription: "nothing", expected: .seconds(3600)),
    ])
  func table(row: Row) throws {
    let lifetime = TokenLifetime(
      claims: JWTClaims(expiresAt: row.exp, issuedAt: row.iat), serviceDate: row.date, hasAge: row.hasAge,
      localNow: row.now, assumed: .seconds(3600))
    if let expected = row.expected {
      #expect(try lifetime.remaining() == expected)
    } else {
      #expect(throws: UnusableAnswer.expired) { try lifetime.remaining() }
    }
  }

  @Test("never traps at the ends of the range")
  func extremes() throws {
    let ends: [Int64?] = [.min, -1, 0, .max, nil]
    let clocks = [-Double.infinity, -1e300, 0, 1e300, .infinity, .nan]
    for exp in ends {
      for iat in ends {
        for date in ends {
          for now in clocks {
            let lifetime = TokenLifetime(
              claims: JWTClaims(expiresAt: exp, issuedAt: iat), serviceDate: date, hasAge: false,
              localNow: now, assumed: .seconds(60))
            if let remaining = try? lifetime.remaining() { #expect(remaining > .zero) }
          }
        }
      }
    }
  }

  @Test("is nothing where nothing is assumed")
  func assumedNothing() {
    let lifetime = TokenLifetime(
      claims: JWTClaims(), serviceDate: nil, hasAge: false, localNow: 0, assumed: .zero)
    #expect(throws: UnusableAnswer.expired) { try lifetime.remaining() }
  }
}
