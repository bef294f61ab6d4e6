import AssetITTokenClient
import FoundationEssentials
import Testing

@testable import assetit_token

@Suite("The status table")
struct StatusTableTests {
  private func lines(_ profiles: [ProfileStatus], _ terminal: Terminal) -> [String] {
    StatusTable(profiles: profiles, now: Fixture.now, terminal: terminal).lines()
  }

  private let plain = Terminal(isTerminal: false, width: 80)

  @Test("shows state, life, what is left of it and the next refresh, in plain characters")
  func plainTable() throws {
    let profiles = [
      try Fixture.status(),
      try Fixture.status(
        "billing", state: "unavailable", refreshing: true, issuedAgo: nil, expiresIn: nil, nextRefreshIn: nil,
        failures: 3, message: "AssetIT refused the client ID or secret (HTTP 401)"),
    ]
    #expect(
      lines(profiles, plain) == [
        "PROFILE  STATE        LIFE                  LEFT   NEXT REFRESH",
        "default  valid        ###############-----  45min  in 16min 40s",
        "billing  unavailable  --------------------  -      now",
        "  failed 3 times, last 1min 5s ago: AssetIT refused the client ID or secret",
        "  (HTTP 401)",
      ])
  }

  @Test(
    "no line is wider than the terminal, whatever the names and messages",
    arguments: [40, 44, 50, 60, 64, 72, 80, 100, 200])
  func widths(width: Int) throws {
    let long = String(repeating: "n", count: 32)
    let message =
      "the certificate of api.example.com is not trusted (self-signed certificate): check base_url"
    for name in ["a", "default", long] {
      let profiles = [
        try Fixture.status(name, state: "unavailable", expiresIn: 3_540, nextRefreshIn: 86_400 * 3 + 7_200),
        try Fixture.status(name, state: "failing", failures: 12, message: message),
      ]
      for terminal in [
        Terminal(isTerminal: true, width: width), Terminal(isTerminal: true, width: width, hasUnicode: true),
      ] {
        let lines = lines(profiles, terminal)
        #expect(lines.allSatisfy { $0.count <= max(width, 48) }, "\(lines)")
        #expect(lines.count >= 4)
      }
    }
  }

  @Test("gives up the bar before a name, and a name's end before anything else")
  func narrow() throws {
    let profile = try Fixture.status("a-rather-long-name-of-a-profile")
    let narrow = lines([profile], Terminal(isTerminal: true, width: 56))
    #expect(narrow.first == "PROFILE                 STATE  LEFT   NEXT REFRESH" || narrow[0].count <= 56)
    #expect(!narrow[1].contains("#"))
    #expect(narrow[1].contains("in 16min 40s") && narrow[1].contains("valid"))
    #expect(lines([profile], Terminal(isTerminal: true, width: 90))[1].contains("#"))
  }

  @Test("colours only where the terminal has them, and aligned as without")
  func color() throws {
    let profiles = [try Fixture.status(), try Fixture.status("other", state: "failing")]
    let colored = lines(profiles, Terminal(isTerminal: true, width: 80, hasColor: true))
    #expect(colored[1].contains("\u{1B}[32mvalid"))
    #expect(colored[2].contains("\u{1B}[33mfailing"))
    let without = lines(profiles, plain)
    #expect(without.allSatisfy { !$0.contains("\u{1B}") })
    let stripped = colored.map { $0.replacing(/\u{1B}\[\d+m/, with: "") }
    #expect(stripped == without)
  }

  @Test("control characters in a message don't reach the terminal")
  func control() throws {
    let profile = try Fixture.status(state: "failing", failures: 1, message: #"bad \u001b[31m\u0007 news"#)
    #expect(lines([profile], plain).allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\u{7}") })
  }

  @Test(
    "a bar is full only while all is left, and not empty before nothing is",
    arguments: [
      (1.0, "##########"), (0.999, "#########-"), (0.5, "#####-----"), (0.01, "#---------"),
      (0, "----------"),
      (-1, "----------"), (7, "##########"), (.nan, "----------"),
    ] as [(Double, String)])
  func bar(fraction: Double, text: String) {
    #expect(LifeBar.text(fraction, width: 10, unicode: false) == text)
    #expect(LifeBar.text(fraction, width: 10, unicode: true).count == 10)
  }

  @Test(
    "times are told by their two largest units",
    arguments: [
      (0, "0s"), (-5, "0s"), (59, "59s"), (60, "1min"), (61, "1min 1s"), (3_600, "1h"), (61_380, "17h 3min"),
      (86_400, "1d"), (86_401, "1d"), (187_200, "2d 4h"),
    ] as [(Int64, String)])
  func spans(seconds: Int64, text: String) {
    #expect(TimeSpan.text(seconds) == text)
  }

  @Test("colours obey NO_COLOR and a dumb terminal; bars the locale")
  func environment() {
    #expect(Terminal.showsColor { _ in nil })
    #expect(Terminal.showsColor { ["NO_COLOR": "", "TERM": "xterm"][$0] })
    #expect(!Terminal.showsColor { ["NO_COLOR": "1"][$0] })
    #expect(!Terminal.showsColor { ["TERM": "dumb"][$0] })
    #expect(Terminal.showsUnicode { ["LANG": "de_DE.UTF-8"][$0] })
    #expect(Terminal.showsUnicode { ["LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"][$0] })
    #expect(!Terminal.showsUnicode { ["LC_ALL": "C", "LANG": "en_US.UTF-8"][$0] })
    #expect(!Terminal.showsUnicode { _ in nil })
  }

  @Test("what only grew older is no news; a state, a failure, another token is")
  func news() throws {
    var news = StatusNews()
    var shown: [Bool] = []
    shown.append(news.isNews([try Fixture.status()]))
    shown.append(news.isNews([try Fixture.status(issuedAgo: 901, expiresIn: 2_699)]))
    shown.append(news.isNews([try Fixture.status(issuedAgo: 2)]))
    shown.append(news.isNews([try Fixture.status(state: "failing", issuedAgo: 2)]))
    shown.append(news.isNews([]))
    shown.append(news.isNews(.notRunning(path: "/x")))
    shown.append(news.isNews(.notRunning(path: "/x")))
    shown.append(news.isNews([]))
    #expect(shown == [true, false, true, true, true, true, false, true])
  }
}
