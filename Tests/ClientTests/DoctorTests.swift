import Glibc
import LinuxSystem
import TestSupport
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
      (
        "LoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=77\nStatusText=default: refused\n",
        "has given up (exit code 77: AssetIT refused the credentials, or the system refused the service something):"
          + " default: refused. Next: put it right, then systemctl start assetit-tokend"
      ),
      (
        "LoadState=loaded\nActiveState=failed\nResult=signal\nExecMainStatus=9\n",
        "has given up (exit code 9: signal). Next: journalctl -xeu assetit-tokend"
      ),
      ("LoadState=loaded\nActiveState=inactive\nStatusText=\n", "systemctl enable --now"),
      ("LoadState=loaded\nActiveState=activating\n", "still starting"),
    ])
  func unit(output: String, text: String) {
    let line = UnitCheck.finding(ServiceUnit.properties(output)).line(isColored: false)
    #expect(line.contains(text))
    #expect(line.hasPrefix("ok") == output.contains("=active"))
  }

  private static func configuration(socket: String, file: String) -> Configuration {
    var profile = ProfileConfiguration(
      name: "p", exchange: ExchangeSettings(baseURL: "https://x"), clientID: .inline(Secret("id")),
      clientSecret: .credential("secrets_p"), socket: SocketConfiguration(path: socket), files: [])
    profile.files = [FileConfiguration(path: file)]
    return Configuration(api: APIConfiguration(), profiles: [profile])
  }

  @Test(
    "a folder that the unit's hardening closes is named with the remedy",
    arguments: [
      ("/run/assetit-tokend", nil), ("/run/assetit-tokend/x", nil), ("/srv/app", nil),
      ("/run/assetit", "ReadWritePaths=/run/assetit into a drop-in (systemctl edit assetit-tokend)"),
      ("/home/app", "(ProtectHome=): choose another folder"), ("/tmp/x", "readers don't see (PrivateTmp=)"),
    ] as [(String, String?)])
  func folders(folder: String, text: String?) {
    let unit = [
      "ReadWritePaths": "/run/assetit-tokend -/srv/app", "ProtectSystem": "strict", "ProtectHome": "yes",
      "PrivateTmp": "yes",
    ]
    let configuration = Self.configuration(socket: "/run/assetit-tokend/p.sock", file: folder + "/p.header")
    let lines = FolderCheck.findings(configuration, unit).map { $0.line(isColored: false) }
    #expect(lines.count == (text == nil ? 0 : 1))
    if let text { #expect(lines.first?.contains(text) == true, "\(lines)") }
    #expect(FolderCheck.findings(configuration, [:]).isEmpty, "a unit without hardening")
  }

  @Test("a secret that isn't there yet is asked for where the unit takes it from")
  func missingSecret() throws {
    let reader = CredentialReader(credentialsDirectory: nil, readersGroups: [])
    func lines(_ unitText: String) -> [String] {
      SecretCheck(reader: reader, loaded: LoadedCredentials(unitText: unitText))
        .findings(Self.configuration(socket: "/s", file: "/f")).map { $0.line(isColored: false) }
    }
    #expect(
      lines("LoadCredential=secrets:/nonexistent") == [
        "FAIL  secret of p: write it to /nonexistent/p (root, 0600), then systemctl restart assetit-tokend"
      ])
    #expect(lines("").first?.contains("the unit loads no credential secrets_p") == true)
    let folder = try TemporaryFolder()
    write("value\n", to: folder.path("p"))
    chmod(folder.path("p"), 0o600)
    #expect(
      lines("LoadCredential=secrets:\(folder.path)").first?.hasPrefix("ok    secrets: all are there") == true)
    chmod(folder.path("p"), 0o644)
    #expect(lines("LoadCredential=secrets:\(folder.path)").first?.contains("chmod o=") == true)
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
