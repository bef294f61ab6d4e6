import TestSupport
import Testing
import TokenConfig
import TokenCore

@testable import TokenSetup

@Suite("A configuration as text")
struct ConfigurationTextTests {
  private static let profile = NewProfile(
    name: "two", place: .baseURL("https://x.example"), clientID: #"a "quoted" \ id"#,
    api: [Setting("token_pointer", "/data/jwt")])

  @Test(
    "A profile is added at the end, and all that was there stays byte for byte",
    arguments: ["", "\n", "\n\n# end"])
  func adding(end: String) {
    let old = "# mine\n[profiles.one] # here\nbase_url='https://y'" + end
    let text = ConfigurationText(old).adding(Self.profile).text
    #expect(text.hasPrefix(old))
    #expect(
      text.hasSuffix(
        """

        [profiles.two]
        base_url = "https://x.example"
        client_id = "a \\"quoted\\" \\\\ id"

        [profiles.two.api]
        token_pointer = "/data/jwt"

        """))
  }

  @Test(
    "Comments and blank lines aren't settings",
    arguments: [("", true), ("# a\n\n  #b = 1\r\n", true), ("a=1", false)])
  func noSettings(text: String, has: Bool) {
    #expect(ConfigurationText(text).hasNoSettings == has)
  }

  @Test(
    "Another client ID is put where the profile's is, and nowhere else",
    arguments: [
      (
        "[profiles.one]\nclient_id = \"x\"\n[profiles.two]\n  client_id\t= 'x' # why\r\n",
        "[profiles.one]\nclient_id = \"x\"\n[profiles.two]\n  client_id\t= \"new\" # why\r\n"
      ),
      ("profiles.two.client_id = \"a\\\"b\"", "profiles.two.client_id = \"new\""),
      ("[profiles]\ntwo.client_id=\"x\"", "[profiles]\ntwo.client_id=\"new\""),
      ("[ profiles . \"two\" ]\nclient_id = \"x\"", "[ profiles . \"two\" ]\nclient_id = \"new\""),
    ])
  func clientID(text: String, changed: String) {
    #expect(
      ConfigurationText(text).candidates(setting: "client_id", ofProfile: "two", to: "new") == [
        ConfigurationText(changed)
      ])
  }

  @Test(
    "What isn't a string on a line of its own has no candidate",
    arguments: ["client_id = 5", "client_id = \"x", "client_id"])
  func none(line: String) {
    let text = ConfigurationText("[profiles.two]\n" + line)
    #expect(text.candidates(setting: "client_id", ofProfile: "two", to: "new") == [])
  }

  @Test("A further setting goes behind, in the same form")
  func inserting() {
    let text = ConfigurationText("[profiles]\n  two.client_id = \"x\" # id\nother = 1\n")
    #expect(
      text.candidates(inserting: Setting("client_secret_file", "/s"), ofProfile: "two", behind: ["client_id"])
        == [
          ConfigurationText(
            "[profiles]\n  two.client_id = \"x\" # id\n  two.client_secret_file = \"/s\"\nother = 1\n")
        ])
  }

  @Test("Whatever a value holds, what is written is read back as the same")
  func quoting() throws {
    var random = SystemRandomNumberGenerator()
    let folder = try TemporaryFolder()
    for _ in 0..<40 {
      let scalars = (0..<20).map { _ in UnicodeScalar(UInt8.random(in: 0x20...0x7E, using: &random)) }
      let id =
        String(String.UnicodeScalarView(scalars)) + (["é", "\"", "\\", "'", "#", "𝄞"].randomElement() ?? "")
      let text = ConfigurationText.first(
        NewProfile(name: "p", place: .baseURL("http://127.0.0.1"), clientID: id, secretFile: "/nonexistent"))
      let site = try Site(configuration: "/nonexistent/config.toml")
      var loader = ConfigurationLoader()
      loader.runtimeDirectory = folder.path
      loader.parser = TOMLProgram(path: BuiltProgram.daemon.path)
      let configuration = try site.load(text, loader)
      #expect(configuration.profiles.first?.clientID == .inline(Secret(id)))
    }
  }
}
