import Testing
import TokenCore

@Suite("Durations in systemd.time style")
struct DurationTextTests {
  @Test(
    "are sums of numbers with units",
    arguments: [
      ("90s", .seconds(90)), ("5m", .seconds(300)), ("1h30m", .seconds(5_400)), ("1h 30m", .seconds(5_400)),
      ("1h 30min", .seconds(5_400)), ("500ms", .milliseconds(500)), ("2d", .seconds(172_800)),
      ("1w", .seconds(604_800)), ("1.5h", .seconds(5_400)), ("0.25s", .milliseconds(250)),
      ("2 days", .seconds(172_800)), ("3 hours", .seconds(10_800)), ("1hr", .seconds(3_600)),
      ("10sec", .seconds(10)), ("10 seconds", .seconds(10)), ("250us", .microseconds(250)),
      ("250µs", .microseconds(250)), ("250usec", .microseconds(250)), ("7ns", .nanoseconds(7)),
      ("1M", .seconds(2_629_800)), ("1y", .seconds(31_557_600)), ("1minutes", .seconds(60)),
      (" 1s ", .seconds(1)), ("1h1h", .seconds(7_200)), ("0s", .zero), ("0.1ns", .zero),
      ("1.0000000000000000000001s", .seconds(1)),
    ] as [(String, Duration)])
  func parse(text: String, duration: Duration) throws {
    #expect(try DurationText.parse(text) == duration)
  }

  @Test(
    "need a number and a unit that is known",
    arguments: [
      ("", .empty), ("  ", .empty), ("90", .missingUnit), ("1h 30", .missingUnit), ("90q", .unknownUnit),
      ("1H", .unknownUnit), ("s", .malformed), ("-5s", .malformed), ("1..5s", .malformed),
      (".5s", .malformed),
      ("1.s", .malformed), ("1.2.3s", .malformed), ("5s;", .malformed), ("infinity", .malformed),
      ("٣s", .malformed), ("99999999999999999999s", .tooLong), ("300y", .tooLong), ("290y 10y", .tooLong),
    ] as [(String, DurationText.Fault)])
  func refuse(text: String, fault: DurationText.Fault) {
    #expect(throws: fault) { try DurationText.parse(text) }
  }

  @Test(
    "are written from days down, without what is zero",
    arguments: [
      (.seconds(5_400), "1h 30min"), (.milliseconds(500), "500ms"), (.zero, "0s"), (.seconds(90), "1min 30s"),
      (.seconds(366 * 86_400), "366d"), (.milliseconds(1_500), "1s 500ms"), (.seconds(-90), "-1min 30s"),
      (.nanoseconds(1_001_001), "1ms 1us 1ns"),
    ] as [(Duration, String)])
  func format(duration: Duration, text: String) {
    #expect(DurationText.format(duration) == text)
  }

  @Test("come back as they were written")
  func roundTrip() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let duration = Duration.nanoseconds(
        Int64.random(in: 0...(.max >> Int.random(in: 0...60)), using: &random))
      #expect(try DurationText.parse(DurationText.format(duration)) == duration)
    }
  }
}
