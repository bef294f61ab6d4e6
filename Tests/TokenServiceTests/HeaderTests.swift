import DaemonCore
import FoundationEssentials
import Glibc
import TestSupport
import Testing
import TokenConfig
import TokenCore

@testable import TokenService

@Suite("A header's forms")
struct HeaderTests {
  /// What the `opaque` format lets through and shells and systemd care about.
  private static let odd = #"a"b$HOME`id`\n\\c'd;e#f!g*h~i=j&k|l<m>n(o){p}[q]?r%s^t"#

  @Test("The header is prefix and token and nothing else")
  func header() throws {
    #expect(text(try makeHeader("a.b.c").rendered(as: .header)) == "JWT a.b.c")
    #expect(text(try makeHeader("a.b.c").rendered(as: .token)) == "a.b.c")
    #expect(text(try makeHeader("a.b.c", prefix: "").rendered(as: .header)) == "a.b.c")
    #expect(text(try makeHeader("a.b.c").rendered(as: .curl)) == "Authorization: JWT a.b.c\n")
    #expect(text(try makeHeader("a.b.c").rendered(as: .env)) == "ASSETIT_AUTHORIZATION=\"JWT a.b.c\"\n")
    #expect(makeHeader("a").value == Secret("JWT a"))
  }

  @Test("A shell that reads the env file has the header", arguments: ["a.b.c", odd])
  func sourced(token: String) throws {
    let folder = try TemporaryFolder()
    let (path, output) = (folder.path("env"), folder.path("out"))
    write(text(try makeHeader(token).rendered(as: .env)), to: path)
    system("/bin/sh -uc '. \(path); printf %s \"$ASSETIT_AUTHORIZATION\"' > \(output)")
    #expect(contents(output) == "JWT \(token)")
  }

  @Test("systemd reads the same from it", arguments: ["a.b.c", odd])
  func environmentFile(token: String) throws {
    let line = text(try makeHeader(token).rendered(as: .env))
    #expect(
      EnvironmentFileLine(line) == EnvironmentFileLine(name: "ASSETIT_AUTHORIZATION", value: "JWT \(token)"))
  }

  @Test("JSON holds the header, the profile and both times in RFC 3339", arguments: ["a.b.c", odd])
  func json(token: String) throws {
    let bytes = try makeHeader(token, lifetime: .seconds(3600)).rendered(as: .json)
    #expect(text(bytes).hasSuffix("\n"))
    let content = try JSONDecoder().decode([String: String].self, from: Data(text(bytes).utf8))
    #expect(
      content == [
        "header": "JWT \(token)", "profile": "default", "issued_at": "2023-11-14T22:13:20Z",
        "expires_at": "2023-11-14T23:13:20Z",
      ])
  }

  @Test("The token's own times are told where it has them")
  func claims() throws {
    let grant = TokenGrant(
      token: Secret("a"), lifetime: .seconds(60), issuedAt: 1_000_000_000, expiresAt: 253_402_300_799)
    let held = HeldToken(grant: grant, requestedAt: start, refreshAt: start)
    let header = Header(
      profile: "p", prefix: "", held: held, now: start + .seconds(10), timeOfDay: startOfDay)
    let content = try JSONDecoder().decode(
      [String: String].self, from: Data(text(header.rendered(as: .json)).utf8))
    #expect(content["issued_at"] == "2001-09-09T01:46:40Z")
    #expect(content["expires_at"] == "9999-12-31T23:59:59Z")
  }

  @Test("Without them they are counted from this host's clock")
  func counted() {
    let grant = TokenGrant(token: Secret("a"), lifetime: .seconds(60))
    let held = HeldToken(grant: grant, requestedAt: start, refreshAt: start)
    let header = Header(
      profile: "p", prefix: "", held: held, now: start + .seconds(10), timeOfDay: startOfDay)
    #expect(header.issuedAt == startOfDay - 10)
    #expect(header.expiresAt == startOfDay + 50)
  }

  @Test("It is another one by token, prefix or deadline, not by what a clock was set to")
  func equality() {
    let header = makeHeader("a")
    #expect(header == makeHeader("a"))
    #expect(header != makeHeader("b"))
    #expect(header != makeHeader("a", prefix: "Bearer "))
    #expect(header != makeHeader("a", lifetime: .seconds(61)))
  }

  @Test("It never prints its token")
  func redacted() {
    #expect(!"\(makeHeader("geheim"))".contains("geheim"))
    #expect(!String(reflecting: makeHeader("geheim")).contains("geheim"))
  }

  private func text(_ content: Secret) -> String { content.text ?? "" }

  @Test("fills a template, and touches nothing else in it")
  func template() throws {
    var file = FileConfiguration(path: "/f")
    file.format = .template
    file.template = try HeaderTemplate("p={{profile}} { h=\\{{header}} t={{token}}\n")
    let header = makeHeader("a.b.c")
    #expect(text(try header.rendered(for: file)) == "p=\(header.profile) { h=\\JWT a.b.c t=a.b.c\n")
    file.template = try HeaderTemplate("{{token}} until {{expires_at}}")
    #expect(text(try header.rendered(for: file)) == "a.b.c until \(Timestamp.text(header.expiresAt))")
  }
}

/// `NAME="VALUE"` as systemd's parse_env_file() reads it: between double quotes a backslash takes itself away
/// before `"`, `\`, `` ` `` and `$` only, and with a line break goes with it.
private struct EnvironmentFileLine: Equatable {
  let name: String
  let value: String

  init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  init?(_ line: String) {
    let parts = line.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[1].first == "\"" else { return nil }
    name = String(parts[0])
    var (value, isEscaped, rest) = ("", false, parts[1].dropFirst())
    while let letter = rest.popFirst(), isEscaped || letter != "\"" {
      if isEscaped {
        if !"\"\\`$".contains(letter) { value.append("\\") }
        value.append(letter)
        isEscaped = false
      } else if letter == "\\" {
        isEscaped = true
      } else {
        value.append(letter)
      }
    }
    guard rest == "\n" else { return nil }
    self.value = value
  }
}

extension Header {
  fileprivate func rendered(as format: FileConfiguration.Format) throws -> Secret {
    var file = FileConfiguration(path: "/f")
    file.format = format
    return try rendered(for: file)
  }
}
