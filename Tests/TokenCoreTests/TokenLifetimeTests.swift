import TestSupport
import Testing

@testable import TokenCore

@Suite("How long a token is good for")
struct TokenLifetimeTests {
  /// Every clock counts from this moment in the rows below, so that local time is plausible.
  static let base: Int64 = 1_700_000_000
  static let year: Int64 = 365 * 86_400

  /// Seconds from ``base``.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var exp: Int64?
    var iat: Int64?
    var nbf: Int64?
    var expiresIn: Int64?
    var date: Int64?
    var hasAge = false
    var now = 0.0
    var lifetime: Duration?
    var validAfter = Duration.zero
    var failure: UnusableAnswer?

    func judge() throws(UnusableAnswer) -> TokenLifetime.Verdict {
      func at(_ seconds: Int64?) -> Int64? { seconds.map { base + $0 } }
      return try TokenLifetime(
        claims: JWTClaims(expiresAt: at(exp), issuedAt: at(iat), notBefore: at(nbf)), expiresIn: expiresIn,
        serviceDate: at(date), hasAge: hasAge, localNow: Double(base) + now, assumed: .seconds(3600)
      ).judge()
    }
  }

  @Test(
    "is the least of what the clocks say that can be believed",
    arguments: [
      Row(testDescription: "by Date", exp: 600, date: 0, lifetime: .seconds(599)),
      Row(testDescription: "by iat", exp: 600, iat: 100, lifetime: .seconds(499)),
      Row(testDescription: "the least: Date", exp: 600, iat: -100, date: 0, lifetime: .seconds(599)),
      Row(testDescription: "the least: iat", exp: 600, iat: 200, date: 0, lifetime: .seconds(399)),
      Row(
        testDescription: "Date is old", exp: 600, iat: -100, date: 500, hasAge: true, lifetime: .seconds(699)),
      Row(
        testDescription: "local time is hours off", exp: 600, date: 0, now: 80_000, lifetime: .seconds(599)),
      Row(
        testDescription: "local time is a year off, iat decides", exp: 600, iat: 0, date: 0, now: 3e7,
        lifetime: .seconds(599)),
      Row(testDescription: "expired by Date", exp: 0, iat: -900, date: 0, failure: .expired),
      Row(testDescription: "one second left", exp: 1, date: 0, failure: .expired),
      Row(testDescription: "two seconds left", exp: 2, date: 0, lifetime: .seconds(1)),
      Row(testDescription: "issued after its end", exp: 600, iat: 700, date: 0, failure: .expired),
      Row(testDescription: "nothing but exp", exp: 600, now: 0.25, lifetime: .seconds(599.75)),
      Row(testDescription: "exp beyond assumed", exp: 9000, lifetime: .seconds(3600)),
      Row(testDescription: "past exp by local time alone", exp: -100, failure: .expired),
      Row(testDescription: "yesterday's exp alone", exp: -86_400, failure: .expired),
      Row(
        testDescription: "nothing but exp and an old Date", exp: 600, date: 500, hasAge: true,
        lifetime: .seconds(600)),
      Row(testDescription: "no exp", iat: 0, date: 0, lifetime: .seconds(3600)),
      Row(testDescription: "nothing", lifetime: .seconds(3600)),
      Row(testDescription: "expires_in for exp", expiresIn: 120, lifetime: .seconds(120)),
      Row(testDescription: "expires_in beyond assumed", expiresIn: 7200, lifetime: .seconds(7200)),
      Row(
        testDescription: "the shorter: expires_in", exp: 600, expiresIn: 60, date: 0, lifetime: .seconds(60)),
      Row(testDescription: "the shorter: exp", exp: 600, expiresIn: 900, date: 0, lifetime: .seconds(599)),
      Row(
        testDescription: "a Date of 1970, no iat", exp: 5, date: -base, lifetime: .seconds(5)),
      Row(
        testDescription: "a Date of 1970, iat of today", exp: 600, iat: 0, date: -base,
        lifetime: .seconds(599)),
      Row(
        testDescription: "a service that lives in 1970", exp: 600 - base, iat: -base, date: -base,
        lifetime: .seconds(599)),
      Row(
        testDescription: "a local clock of 1970, no iat", exp: 600, date: 0, now: -Double(base),
        lifetime: .seconds(599)),
      Row(
        testDescription: "a Date of tomorrow but one, no iat", exp: 600, date: 2 * 86_400,
        failure: .clocksDisagree(service: base + 2 * 86_400, local: base)),
      Row(
        testDescription: "a local clock of next week, no iat", exp: 600, date: 0, now: 7 * 86_400,
        failure: .clocksDisagree(service: base, local: base + 7 * 86_400)),
      Row(testDescription: "ten years", exp: 10 * year, iat: 0, date: 0, lifetime: .seconds(10 * year - 1)),
      Row(testDescription: "eleven years", exp: 11 * year, iat: 0, date: 0, failure: .tooFarAhead),
      Row(testDescription: "eleven years by local time alone", exp: 11 * year, failure: .tooFarAhead),
      Row(testDescription: "eleven years by iat alone", exp: 11 * year, iat: 0, failure: .tooFarAhead),
      Row(
        testDescription: "nbf a minute ahead", exp: 600, nbf: 60, date: 0, lifetime: .seconds(599)),
      Row(
        testDescription: "nbf more than a minute ahead", exp: 600, nbf: 61, date: 0, lifetime: .seconds(599),
        validAfter: .seconds(61)),
      Row(
        testDescription: "nbf by local time", exp: 600, iat: 0, nbf: 100, now: 10, lifetime: .seconds(599),
        validAfter: .seconds(90)),
      Row(
        testDescription: "nbf by Date and not by local time", exp: 600, nbf: 100, date: 0, now: 200,
        lifetime: .seconds(599), validAfter: .seconds(100)),
      Row(testDescription: "nbf at the end", exp: 600, nbf: 600, date: 0, failure: .neverValid),
    ])
  func table(row: Row) throws {
    if let failure = row.failure {
      #expect(throws: failure) { try row.judge() }
      #expect(!"\(failure)".isEmpty)
    } else {
      let verdict = try row.judge()
      #expect(verdict.lifetime == row.lifetime)
      #expect(verdict.validAfter == row.validAfter)
    }
  }

  @Test("remarks on a Date that it doesn't believe")
  func remark() throws {
    let row = Row(testDescription: "", exp: 600, iat: 0, date: -90_000)
    #expect(try row.judge().remarks == [.unbelievableDate])
    #expect(try Row(testDescription: "", exp: 600, iat: 0, date: 0).judge().remarks == [])
  }

  /// Where service and host agree about the time, no token outlives its `exp`, whatever else the answer says.
  @Test("never goes past exp, or past what is assumed, in random answers")
  func promises() {
    var random = SeededRandom(seed: 11)
    var judged = 0
    for _ in 0..<50_000 {
      func near(_ chance: Int) -> Int64? {
        guard Int.random(in: 0..<chance, using: &random) > 0 else { return nil }
        let spans: [Int64] = [10, 1000, 90_000, 10 * Self.year]
        let span = spans.randomElement(using: &random) ?? 10
        return Int64.random(in: -span...span, using: &random)
      }
      let isServiceRight = Bool.random(using: &random)
      var row = Row(testDescription: "")
      row.exp = near(5)
      row.iat = near(2)
      row.nbf = near(2)
      row.expiresIn = near(2).map { seconds in max(1, seconds) }
      row.date = isServiceRight ? 0 : near(2)
      row.hasAge = !isServiceRight && Bool.random(using: &random)
      guard let verdict = try? row.judge() else { continue }
      judged += 1
      #expect(verdict.lifetime > .zero && verdict.validAfter >= .zero)
      #expect(verdict.validAfter < verdict.lifetime)
      if let expiresIn = row.expiresIn { #expect(verdict.lifetime <= .seconds(expiresIn)) }
      if row.exp == nil, row.expiresIn == nil { #expect(verdict.lifetime == .seconds(3600)) }
      guard let exp = row.exp else { continue }
      if isServiceRight || row.iat == nil && row.date == nil {
        #expect(verdict.lifetime <= .seconds(exp), "\(row)")
      }
      if let iat = row.iat { #expect(verdict.lifetime < .seconds(exp) - .seconds(iat), "\(row)") }
    }
    #expect(judged > 5000)
  }

  @Test("never traps at the ends of the range")
  func extremes() throws {
    let ends: [Int64?] = [.min, -1, 0, .max, nil]
    let clocks = [-Double.infinity, -1e300, 0, 1e300, .infinity, .nan]
    for exp in ends {
      for iat in ends {
        for (date, nbf) in zip(ends + ends, ends.reversed() + ends) {
          for now in clocks {
            let lifetime = TokenLifetime(
              claims: JWTClaims(expiresAt: exp, issuedAt: iat, notBefore: nbf), expiresIn: exp,
              serviceDate: date, hasAge: false, localNow: now, assumed: .seconds(60))
            do {
              let verdict = try lifetime.judge()
              #expect(verdict.lifetime > .zero)
            } catch {
              #expect(!"\(error)".isEmpty)
            }
          }
        }
      }
    }
  }

  @Test("is nothing where nothing is assumed")
  func assumedNothing() {
    let lifetime = TokenLifetime(
      claims: JWTClaims(), serviceDate: nil, hasAge: false, localNow: 0, assumed: .zero)
    #expect(throws: UnusableAnswer.expired) { try lifetime.judge() }
  }
}
