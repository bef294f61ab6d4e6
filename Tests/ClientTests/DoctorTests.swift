import Testing
import TokenCore

@testable import AssetITAPI
@testable import TokenConfig
@testable import assetit_token

@Suite("What doctor finds")
struct DoctorTests {
  @Test("the first thing that is wrong decides the exit code")
  func exitStatus() {
    #expect(Finding.exitStatus([.ok(""), .skipped("")]) == nil)
    #expect(
      Finding.exitStatus([.ok(""), .wrong("", .noPermission), .wrong("", .configuration)]) == .noPermission)
  }

  @Test("lines begin with a mark, coloured or not")
  func lines() {
    #expect(Finding.ok("fine").line(isColored: false) == "ok    fine")
    #expect(Finding.wrong("do this", .usage).line(isColored: false) == "FAIL  do this")
    #expect(Finding.skipped("no").line(isColored: true) == "\u{1B}[36mskip\u{1B}[0m  no")
  }

  @Test(
    "what systemctl says of the unit",
    arguments: [
      (
        "LoadState=loaded\nActiveState=active\nStatusText=all is well\n",
        "ok    unit: assetit-tokend.service is active (all is well)"
      ),
      ("LoadState=not-found\nActiveState=inactive\n", "install the package"),
      ("LoadState=loaded\nActiveState=failed\nResult=exit-code\n", "has failed (exit-code)"),
      ("LoadState=loaded\nActiveState=inactive\nStatusText=\n", "systemctl enable --now"),
      ("LoadState=loaded\nActiveState=activating\n", "still starting"),
    ])
  func unit(output: String, text: String) {
    let line = UnitCheck.finding(UnitCheck.properties(output)).line(isColored: false)
    #expect(line.contains(text))
    #expect(line.hasPrefix("ok") == output.contains("=active"))
  }

  @Test(
    "a clock is judged by the service's",
    arguments: [
      (1_000.5, "ok    clock: agrees"), (1_059, "ok    clock: agrees"), (1_201.5, "3min 21s ahead of"),
      (400.5, "10min behind"),
    ] as [(Double, String)])
  func clock(localTime: Double, text: String) throws {
    let profile = ProfileConfiguration(
      name: "p", exchange: ExchangeSettings(baseURL: "https://x"), clientID: .file("/x"),
      clientSecret: .file("/x"), socket: SocketConfiguration(path: "/x"), files: [])
    let answer = ServiceProbe.Answer(status: 404, date: 1_000, roundTrip: .zero)
    let findings = ServiceCheck.findings(answer, profile, localTime: localTime)
    #expect(findings.count == 2)
    #expect(findings[1].line(isColored: false).contains(text), "\(findings[1])")
  }
}
