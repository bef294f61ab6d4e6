import Testing
import TokenCore

@testable import TokenConfig

@Suite("Templates of files")
struct TemplateTests {
  @Test("are text with names in it, each of which is known")
  func pieces() throws {
    let template = try HeaderTemplate("a {{header}}{{ expires_at }}\n{{token}} { } }} {{profile}}")
    #expect(
      template.pieces == [
        .text("a "), .name(.header), .name(.expiresAt), .text("\n"), .name(.token), .text(" { } }} "),
        .name(.profile),
      ])
  }

  @Test(
    "are refused where a name is unknown, isn't closed, or no token comes",
    arguments: [
      (
        "{{header}} {{secret}}",
        "has \"secret\" in it: only {{header}}, {{token}}, {{profile}}, {{expires_at}} are known"
      ),
      ("{{header", "has a \"{{\" without its \"}}\""), ("{{}}{{header}}", "has \"\" in it: only"),
      ("", "has neither {{header}} nor {{token}} in it"), ("{{profile}}", "has neither"),
    ])
  func refused(text: String, fault: String) {
    let error = #expect(throws: HeaderTemplate.Fault.self) { try HeaderTemplate(text) }
    #expect(error?.text.hasPrefix(fault) == true, "\(error?.text ?? "")")
  }

  @Test("belong to their format, and to no other")
  func configuration() throws {
    let host = try Host()
    try host.write("t", "X={{token}}")
    let good = "[[profiles.default.files]]\npath = \"\(host.path("run/f"))\"\n"
    let template = "template = \"\(host.path("t"))\"\n"
    #expect(try host.problems(host.profile() + good + "format = \"template\"\n" + template) == [])
    #expect(
      try host.problems(host.profile() + good + template) == [
        "config.toml: profiles.default.files[0].template: goes with format = \"template\" only"
      ])
    #expect(
      try host.problems(host.profile() + good + "format = \"template\"\n") == [
        "config.toml: profiles.default.files[0].template: is missing: say where the template is"
      ])
    try host.write("t", "X")
    #expect(
      try host.problems(host.profile() + good + "format = \"template\"\n" + template) == [
        "config.toml: profiles.default.files[0].template: HOST/t has neither {{header}} nor {{token}} in it"
      ])
  }
}
