import NIOHTTP1
import Testing
import TokenCore

@testable import ControlAPI

@Suite("Problems, reports, metrics and quotas")
struct RenderingTests {
  @Test("a problem is one line of JSON with its status, a code and its headers")
  func problem() {
    let problem = Problem(
      .serviceUnavailable, "no \"token\"\n", code: .notReady, retryAfter: 0, profiles: ["a", "b"])
    let answer = problem.response
    let expected =
      #"{"code":"not_ready","detail":"no \"token\"\n","profiles":["a","b"],"status":503,"#
      + #""title":"Service Unavailable","type":"about:blank"}"# + "\n"
    #expect(String(decoding: answer.body, as: UTF8.self) == expected)
    #expect(
      answer.headers.map { "\($0.name): \($0.value)" } == [
        "Content-Type: application/problem+json", "Retry-After: 1", "Cache-Control: no-store",
      ])
  }

  @Test("a report's header is taken without the white space around it")
  func report() throws {
    for text in ["JWT a.b.c", " JWT a.b.c\n", "\r\n\tJWT a.b.c \r\n"] {
      #expect(try ReportedHeader.read(Array(text.utf8)) == Secret("JWT a.b.c"))
    }
    for text in ["", " ", "\r\n"] {
      #expect(throws: Problem.self) { try ReportedHeader.read(Array(text.utf8)) }
    }
  }

  @Test("metrics are rendered in either format")
  func metrics() {
    for (format, name, end) in [
      (MetricsText.Format.openMetrics, "a_b", "# EOF\n"), (.prometheus, "a_b_total", ""),
    ] {
      var text = MetricsText(format)
      text.family("a_b", .counter, "Help.", [([("x", "q\"\\\n"), ("y", "")], 3), ([], 0.25)])
      let expected =
        "# HELP \(name) Help.\n# TYPE \(name) counter\n"
        + "a_b_total{x=\"q\\\"\\\\\\n\",y=\"\"} 3\na_b_total 0.25\n" + end
      #expect(String(decoding: text.finish(), as: UTF8.self) == expected)
    }
    #expect(MetricsText.number(1_795_564_350.826) == "1795564350.826")
    #expect(MetricsText.number(1e300) == "1e+300")
  }

  @Test("only those who ask for plain text alone get the older format")
  func negotiation() {
    let prometheus =
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    for accept in [nil, "*/*", prometheus, "application/openmetrics-text"] {
      #expect(MetricsText.Format(accept: accept) == .openMetrics)
    }
    #expect(MetricsText.Format(accept: "text/plain") == .prometheus)
  }

  @Test("What is shared has its limit, and one user half of it")
  func quota() {
    var quota = UserQuota(limit: 10)
    func take(_ user: UInt32, _ count: Int = 1) -> Bool { quota.take(count, user) }
    for _ in 0..<5 { #expect(take(1)) }
    #expect(!take(1))
    #expect(!take(2, 6), "more than a half")
    #expect(take(2, 5))
    #expect(!take(3), "full")
    quota.giveBack(1, 1)
    #expect(take(3))
    #expect(!take(1), "full again")
    for (user, count) in [(UInt32(1), 4), (2, 5), (3, 1)] { quota.giveBack(count, user) }
    #expect(quota.used == 0)
    #expect(!take(1, .max))
  }

  @Test("A wait is said in whole seconds, rounded up, and is at least one")
  func waits() {
    let clock = ClockReading(now: BootTime(nanoseconds: 0), timeOfDay: 0)
    func seconds(_ wait: Duration) -> Int { clock.seconds(until: clock.now + wait) }
    #expect(seconds(.zero) == 1 && seconds(.seconds(-5)) == 1 && seconds(.milliseconds(1)) == 1)
    #expect(seconds(.seconds(25)) == 25)
    #expect(seconds(.milliseconds(25_001)) == 26)
    #expect(clock.seconds(until: nil) == 1)
    #expect(clock.seconds(until: BootTime(nanoseconds: .max)) > 1_000_000)
  }

  @Test("dates of headers are IMF-fixdate")
  func dates() {
    #expect(HTTPDate.text(784_111_777.9) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    for absurd in [Double.nan, .infinity, 1e300, -1e300] { #expect(HTTPDate.text(absurd).hasSuffix(" GMT")) }
  }
}
