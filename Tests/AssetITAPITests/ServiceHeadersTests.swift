import Testing

@testable import AssetITAPI

@Suite("Header fields of an answer")
struct ServiceHeadersTests {
  private func headers(_ lines: String...) -> ServiceHeaders {
    var headers = ServiceHeaders()
    for line in lines { headers.add(line: line) }
    return headers
  }

  @Test(
    "Date is read in the three forms of RFC 9110, and garbage is left out",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777), ("", nil), ("now", nil), ("20040912", nil),
      ("784111777", nil),
      ("Sun, 06 Nov 1994", nil), ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("-1", nil), ("é:", nil),
      ("Sun, 06 Nov 99999999999 08:49:37 GMT", nil), (String(repeating: "Sun:", count: 1000), nil),
    ] as [(String, Int64?)])
  func date(text: String, expected: Int64?) {
    #expect(headers("dAtE: \(text)").date == expected)
  }

  @Test(
    "Age counts where it is a number over 0",
    arguments: [
      ("1", true), ("0", false), ("000", false), ("60", true), ("99999999999999999999999", true),
      ("-1", false),
      ("", false), ("soon", false), ("1.5", false),
    ])
  func age(text: String, expected: Bool) {
    #expect(headers("Age: \(text)").hasAge == expected)
  }

  @Test(
    "Retry-After is seconds, or a date by the service's clock, from nothing to an hour",
    arguments: [
      ("120", 120), ("0", 0), ("007", 7), ("3600", 3600), ("3601", 3600),
      (String(repeating: "9", count: 400), 3600),
      ("-5", 0), ("-99999999999999999999", 0), ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
      ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Mon, 07 Nov 1994 08:00:00 GMT", 3600), ("soon", nil), ("", nil),
      ("1.5", nil), ("120 s", nil), ("+5", nil), ("-", nil), ("٣", nil),
    ] as [(String, Int?)])
  func retryAfter(text: String, expected: Int?) {
    let headers = headers("Retry-After:  \(text)\t", "Date: Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(headers.retryAfter(localNow: 0) == expected.map { .seconds($0) })
  }

  @Test("Retry-After counts from local time where the service has no Date")
  func localTime() {
    let headers = headers("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT")
    #expect(headers.retryAfter(localNow: 784_111_797.5) == .seconds(9.5))
    #expect(headers.retryAfter(localNow: 1e300) == .zero)
    #expect(headers.retryAfter(localNow: -1e300) == .seconds(3600))
    #expect(headers.retryAfter(localNow: .nan) != nil)
  }

  @Test("the first of two counts, and what is no field is left out")
  func lines() {
    let headers = headers(
      "no field", ":", "Content-Type: text/plain ", "content-type: text/html", "Retry-After: 1",
      "Retry-After: 2")
    #expect(headers.fields.map(\.value) == ["", "text/plain", "text/html", "1", "2"])
    #expect(headers.retryAfter(localNow: 0) == .seconds(1))
  }

  @Test("interim answers and trailers don't count")
  func interim() {
    var answer = IncomingAnswer(limit: 1000)
    for line in [
      "HTTP/1.1 103 Early Hints\r\n", "Retry-After: 1\r\n", "\r\n", "HTTP/1.1 503 No\r\n", "Age: 0\r\n",
      "\r\n",
      "Retry-After: 2\r\n",
    ] {
      let isTaken = Array(line.utf8).withUnsafeBytes { answer.add(headerLine: $0) }
      #expect(isTaken)
    }
    #expect(answer.headers.retryAfter(localNow: 0) == nil)
  }
}
