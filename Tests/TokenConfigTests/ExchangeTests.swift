import Glibc
import TestSupport
import Testing
import TokenCore

@testable import TokenConfig

@Suite("What a request to an unknown service may carry")
struct ExchangeTests {
  static let table: [(keys: String, problem: String)] = [
    ("body = \"xml\"", "body: must be one of json, form, not \"xml\""),
    (
      "extra_fields = { a = 1.5 }",
      "extra_fields.a: must be a string, a whole number, true or false, not a number"
    ),
    ("extra_fields = { \"\" = 1 }", "extra_fields.\"\": must not be empty"),
    (
      "extra_fields = { clientId = \"x\" }",
      "extra_fields.clientId: is the field of the client ID or secret already: choose another name"
    ),
    (
      "headers = { \"a b\" = \"x\" }",
      "headers.\"a b\": must be named like a header: letters, digits and \"-\""
    ),
    (
      "headers = { Host = \"x\" }",
      "headers.Host: is a header that belongs to the connection and can't be set"
    ),
    (
      "headers = { X = \"a\\nb\" }",
      "headers.X: must have 1 to 8192 visible ASCII characters, with spaces only between them"
    ),
    (
      "headers = { X-A = \"1\", x-a = \"2\" }", "headers.x-a: is the header \"X-A\" already: keep one of them"
    ),
    ("headers = { X = 1 }", "headers.X: must be a string, not a number"),
    ("headers = { X = { } }", "headers.X.file: is missing: say where the header's value is"),
    ("headers = { X = { fil = \"/x\" } }", "headers.X.fil: unknown key; did you mean file?"),
    ("client_key = \"SECRET\"", "client_key: needs client_certificate, the certificate that it belongs to"),
    (
      "client_certificate = \"HOST/none\"",
      "client_certificate: HOST/none does not exist: create it, or name another one"
    ),
  ]

  @Test("What can't be sent is refused, each thing in one line", arguments: table)
  func refused(keys: String, problem: String) throws {
    let host = try Host()
    let filled = keys.replacing("SECRET", with: host.path("key")).replacing("HOST", with: host.folder)
    try host.write("key", "k", mode: 0o600)
    let lines = try host.problems(host.profile(more: "[profiles.default.api]\n" + filled))
    #expect(lines.contains("config.toml: profiles.default.api.\(problem)"), "\(lines)")
  }

  @Test("A file with a key or a header's value is a secret's file")
  func exposed() throws {
    let host = try Host()
    try host.write("key", "k", mode: 0o644)
    try host.write("cert", "c", mode: 0o644)
    let (key, cert) = (host.path("key"), host.path("cert"))
    let text = "HOST/key has mode 0644, so others than its owner and group may use it: chmod o= HOST/key"
    for (keys, place) in [
      ("headers = { X = { file = \"\(key)\" } }", "headers.X.file"),
      ("client_certificate = \"\(cert)\"\nclient_key = \"\(key)\"", "client_key"),
      ("client_certificate = \"\(key)\"", "client_certificate"),
    ] {
      #expect(
        try host.problems(host.profile(more: "[profiles.default.api]\n" + keys)) == [
          "config.toml: profiles.default.api.\(place): \(text)"
        ])
    }
  }

  @Test("The value of a header may come with a line break at its end, and with none inside")
  func headerFile() throws {
    let host = try Host()
    let keys = "[profiles.default.api]\nheaders = { X = { file = \"\(host.path("key"))\" } }"
    try host.write("key", "value\n", mode: 0o600)
    let headers = try host.load(host.profile(more: keys)).profiles.first?.exchange.headers
    #expect(headers == [try RequestHeader(name: "X", value: Secret("value"))])
    try host.write("key", "é", mode: 0o600)
    #expect(
      host.problems() == [
        "config.toml: profiles.default.api.headers.X.file: HOST/key holds no header's value: must have 1 to 8192 visible"
          + " ASCII characters, with spaces only between them"
      ])
  }
}
