import TestSupport
import Testing
import TokenCore

@testable import TokenConfig

@Suite("Large configurations")
struct SizeTests {
  private func document(_ count: Int, _ host: Host) -> String {
    (0..<count).map { index in
      host.profile().replacing("profiles.default", with: "profiles.p\(index)")
        + "\n[profiles.p\(index).socket]\nallow_groups = [\"root\"]\nallow_units = [\"a.service\"]\n"
    }.joined()
  }

  @Test("2,000 profiles load, in a time that grows with their number")
  func linear() throws {
    let host = try Host()
    let clock = ContinuousClock()
    var times: [Int: Duration] = [:]
    for count in [250, 2_000] {
      let text = document(count, host)
      var loaded = 0
      times[count] = try clock.measure { loaded = try host.load(text).profiles.count }
      #expect(loaded == count)
    }
    // Eight times as many; a load whose time grows with the square of their number takes sixty-four.
    let (few, many) = (times[250] ?? .zero, times[2_000] ?? .zero)
    #expect(many < few * 24 + .seconds(1), "\(few), \(many)")
  }

  @Test("As many unknown keys as a file has room for are refused in a few lines")
  func unknownKeys() throws {
    let host = try Host()
    let keys = (0..<100_000).map { "k\($0) = 1\n" }.joined()
    let lines = try host.problems(keys + host.profile())
    #expect(lines.count == 21)
    #expect(lines.last == "config.toml: 99980 more unknown keys")
  }
}
