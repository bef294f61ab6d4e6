import CLinux
import Glibc
import Testing
import TokenCore

@testable import TokenConfig

@Suite("Client IDs and secrets")
struct CredentialTests {
  private func read(_ host: Host, readersGroups: Set<UInt32> = []) throws -> Credentials {
    let configuration = try host.load(host.profile())
    let profile = try #require(configuration.profiles.first)
    return try CredentialReader(credentialsDirectory: nil, readersGroups: readersGroups).read(profile)
  }

  @Test(
    "lose one line break at the end of their file",
    arguments: [("abc", "abc"), ("abc\n", "abc"), ("abc\r\n", "abc"), (" abc ", " abc "), ("ä\n", "ä")])
  func lineBreak(content: String, value: String) throws {
    let host = try Host()
    try host.write("secret", content, mode: 0o600)
    #expect(try read(host) == Credentials(clientID: Secret("id"), clientSecret: Secret(value)))
  }

  @Test(
    "are refused where they can't be what somebody meant",
    arguments: [
      ("", "is empty: write the value into it"), ("\n", "is empty: write the value into it"),
      ("\r\n", "is empty: write the value into it"),
      (
        "a\n\n",
        "holds a line break or another control character inside: it must hold the value and nothing else"
      ),
      (
        "a\nb",
        "holds a line break or another control character inside: it must hold the value and nothing else"
      ),
      (
        "a\0b",
        "holds a line break or another control character inside: it must hold the value and nothing else"
      ),
      (
        "a\r",
        "holds a line break or another control character inside: it must hold the value and nothing else"
      ),
      (
        String(repeating: "x", count: 65_537),
        "is longer than 65536 bytes: it must hold the value and nothing else"
      ),
    ])
  func content(content: String, problem: String) throws {
    let host = try Host()
    try host.write("secret", content, mode: 0o600)
    #expect(
      try host.problems(host.profile()) == [
        "config.toml: profiles.default.client_secret_file: HOST/secret \(problem)"
      ])
  }

  @Test("are refused where they aren't UTF-8")
  func notUTF8() throws {
    let host = try Host()
    try host.write("secret", [0x61, 0xFF], mode: 0o600)
    #expect(try host.problems(host.profile()).first?.contains("HOST/secret is not UTF-8 text") == true)
  }

  @Test("may have 64 KiB")
  func limit() throws {
    let host = try Host()
    try host.write("secret", String(repeating: "x", count: 65_535) + "\n", mode: 0o600)
    #expect(try read(host).clientSecret.count == 65_535)
  }

  @Test(
    "are refused where others may use the file",
    arguments: [
      (0o604, "0604"), (0o602, "0602"), (0o644, "0644"), (0o666, "0666"), (0o4606, "4606"),
    ] as [(mode_t, String)])
  func exposed(mode: mode_t, text: String) throws {
    let host = try Host()
    try host.write("secret", "x", mode: mode)
    #expect(
      try host.problems(host.profile()) == [
        "config.toml: profiles.default.client_secret_file: HOST/secret has mode \(text), so others than its owner"
          + " and group may use it: chmod o= HOST/secret"
      ])
  }

  @Test("are refused where somebody else owns the file", .enabled(if: isRoot, "needs root for chown"))
  func foreignOwner() throws {
    let host = try Host()
    try #require(chown(host.path("secret"), 12_345, 0) == 0)
    #expect(
      try host.problems(host.profile()) == [
        "config.toml: profiles.default.client_secret_file: HOST/secret belongs to the user 12345, but only root or"
          + " the service's user may own it: chown root HOST/secret"
      ])
  }

  @Test(
    "are refused where a readers' group may use the file", .enabled(if: isRoot, "needs root for chown"),
    arguments: [
      "[profiles.default.socket]\ngroup = \"daemon\"", "[api]\ngroup = \"daemon\"",
      "[[profiles.default.files]]\npath = \"RUN/x\"\ngroup = \"daemon\"",
      "[profiles.other]\nbase_url = \"https://x.example\"\nclient_id = \"i\"\nclient_secret = \"s\"\nsocket.group = 1",
    ])
  func readersGroup(section: String) throws {
    let host = try Host()
    let text = host.profile(more: section.replacing("RUN", with: host.path("run")))
    try host.write("secret", "x", mode: 0o640)
    try host.write("config.toml", text, mode: 0o600)
    try #require(chown(host.path("secret"), 0, 1) == 0)
    let problem =
      "config.toml: profiles.default.client_secret_file: HOST/secret is open to the group 1, which is the"
      + " group of those who read headers: chmod g= HOST/secret, or give it another group"
    #expect(host.problems() == [problem])
    try #require(chmod(host.path("secret"), 0o600) == 0)
    #expect(host.problems() == [])
    try #require(chmod(host.path("secret"), 0o640) == 0)
    try #require(chown(host.path("secret"), 0, 2) == 0)
    #expect(host.problems() == [])
  }

  @Test("are refused where a socket without a group of its own opens it to the secret's group")
  func ownGroup() throws {
    let host = try Host()
    try host.write("secret", "x", mode: 0o640)
    let isDefault = AccountDatabase.ids(of: [.group("assetit")]).isEmpty
    #expect(try host.problems(host.profile()).count == (isDefault ? 1 : 0))
  }

  @Test("must be regular files, and nothing hangs on others", .timeLimit(.minutes(1)))
  func notRegular() throws {
    let host = try Host()
    try host.makeFolder("folder", mode: 0o700)
    try #require(mkfifo(host.path("fifo"), 0o600) == 0)
    for path in [host.path("folder"), host.path("fifo"), "/dev/zero"] {
      let text = host.profile().replacing(host.path("secret"), with: path)
      let shown = path.replacing(host.folder, with: "HOST")
      #expect(
        try host.problems(text) == [
          "config.toml: profiles.default.client_secret_file: \(shown) is not a regular file: put the value into a"
            + " file of its own"
        ])
    }
  }

  @Test("are named where they are missing or unreadable")
  func unreadable() throws {
    let host = try Host()
    let text = host.profile().replacing(host.path("secret"), with: host.path("none"))
    #expect(
      try host.problems(text) == [
        "config.toml: profiles.default.client_secret_file: HOST/none does not exist: create it, or name"
          + " another one"
      ])
  }

  @Test(
    "are named where the service's user may not read them", .enabled(if: isRoot, "root tries it as nobody"))
  func forbidden() throws {
    let host = try Host()
    try #require(chmod(host.folder, 0o755) == 0)
    try host.write("config.toml", host.profile())
    #expect(
      try asNobody { host.problems() }.last
        == "config.toml: profiles.default.client_secret_file: cannot open HOST/secret: Permission denied: let the"
        + " service's user read it: chgrp assetit-tokend HOST/secret && chmod 0640 HOST/secret")
  }

  @Test(
    "come from systemd's directory, whatever its access lists look like",
    arguments: [0o400, 0o440] as [mode_t])
  func systemd(mode: mode_t) throws {
    let host = try Host()
    try host.makeFolder("credentials", mode: 0o700)
    try host.write("credentials/secrets_default", "from-systemd\n", mode: mode)
    host.loader.credentialsDirectory = host.path("credentials")
    let configuration = try host.load(withoutSecret)
    let profile = try #require(configuration.profiles.first)
    #expect(profile.clientSecret == .credential("secrets_default"))
    let reader = host.loader.credentialReader(for: configuration)
    #expect(try reader.read(profile).clientSecret == Secret("from-systemd"))
    #expect(reader.watchedPaths(profile) == [host.path("credentials/secrets_default")])
  }

  @Test("that systemd hasn't loaded are asked for where the operator puts them")
  func missingCredential() throws {
    let host = try Host()
    try host.makeFolder("credentials", mode: 0o700)
    host.loader.credentialsDirectory = host.path("credentials")
    #expect(
      try host.problems(withoutSecret) == [
        "config.toml: profiles.default: there is no credential secrets_default in HOST/credentials: write the secret"
          + " to /etc/assetit-tokend/secrets/default (root, 0600), then restart the unit"
      ])
    #expect(
      try host.problems(withoutSecret + "client_secret_credential = \"\(Host.secret)\"") == [
        "config.toml: profiles.default.client_secret_credential: there is no such credential in HOST/credentials:"
          + " load it with LoadCredential= in the unit, then restart the unit"
      ])
  }

  @Test("are asked for where there are neither a file nor credentials")
  func noSecret() throws {
    let host = try Host()
    #expect(
      try host.problems(withoutSecret) == [
        "config.toml: profiles.default.client_secret_file: is missing: write the secret to HOST/secrets/default"
          + " (root, 0600), or name another file; outside of the unit there are no systemd credentials"
          + " ($CREDENTIALS_DIRECTORY is not set)"
      ])
    host.loader.checksSecrets = false
    #expect(try host.problems(withoutSecret) == [])
  }

  @Test("lie beside the configuration for a check by hand")
  func besideConfiguration() throws {
    let host = try Host()
    host.loader.looksBesideConfiguration = true
    #expect(try host.problems(withoutSecret).count == 1)
    try host.makeFolder("secrets", mode: 0o700)
    try host.write("secrets/default", "beside", mode: 0o600)
    let configuration = try host.load(withoutSecret)
    #expect(configuration.profiles.first?.clientSecret == .file(host.path("secrets/default")))
    host.loader.looksBesideConfiguration = false
    #expect(try host.problems(withoutSecret).count == 1)
  }

  @Test("aren't opened where nobody wants them checked")
  func unchecked() throws {
    let host = try Host()
    host.loader.checksSecrets = false
    #expect(try host.problems(host.profile().replacing(host.path("secret"), with: "/nowhere/at/all")) == [])
  }

  @Test("are read afresh each time")
  func afresh() throws {
    let host = try Host()
    let configuration = try host.load(host.profile())
    let profile = try #require(configuration.profiles.first)
    let reader = host.loader.credentialReader(for: configuration)
    #expect(try reader.read(profile).clientSecret == Secret(Host.secret))
    try host.write("secret", "another", mode: 0o600)
    #expect(try reader.read(profile).clientSecret == Secret("another"))
    #expect(reader.watchedPaths(profile) == [host.path("secret")])
    try host.write("secret", "another", mode: 0o606)
    #expect(throws: CredentialError.exposed(file: host.path("secret"), mode: 0o606)) {
      try reader.read(profile)
    }
  }

  @Test("a client ID's file may be open to everybody")
  func clientIDFile() throws {
    let host = try Host()
    try host.write("id", "the-id\n", mode: 0o644)
    let text = host.profile().replacing("client_id = \"id\"", with: "client_id_file = \"\(host.path("id"))\"")
    let configuration = try host.load(text)
    let profile = try #require(configuration.profiles.first)
    #expect(try host.loader.credentialReader(for: configuration).read(profile).clientID == Secret("the-id"))
    try host.write("id", "\n")
    #expect(
      host.problems() == [
        "config.toml: profiles.default.client_id_file: HOST/id is empty: write the value into it"
      ])
  }

  @Test(
    "in the configuration make it a secret file itself",
    arguments: [
      "client_secret = \"x\"", "client_secret_file = \"SECRET\"\napi.proxy = \"http://u:p@proxy.example\"",
    ])
  func secretConfiguration(keys: String) throws {
    let host = try Host()
    let text = withoutSecret + keys.replacing("SECRET", with: host.path("secret"))
    #expect(
      try host.problems(text) == [
        "config.toml: holds a secret, but HOST/config.toml has mode 0644, so others than its owner and group may use"
          + " it: chmod o= HOST/config.toml"
      ])
    try #require(chmod(host.path("config.toml"), 0o600) == 0)
    #expect(host.problems() == [])
  }

  private let withoutSecret = """
    [profiles.default]
    base_url = "https://api.example"
    client_id = "id"

    """
}

@Suite("A value that wasn't copied exactly")
struct OddityTests {
  @Test("A byte order mark before a client ID or secret isn't part of it, in a file or in the configuration")
  func byteOrderMark() throws {
    let host = try Host()
    try host.write("secret", "\u{FEFF}s3cr3t\n", mode: 0o600)
    let text = host.profile().replacing("client_id = \"id\"", with: "client_id = \"\u{FEFF}id\"")
    let configuration = try host.load(text)
    let profile = try #require(configuration.profiles.first)
    let credentials = try host.loader.credentialReader(for: configuration).read(profile)
    #expect(credentials == Credentials(clientID: Secret("id"), clientSecret: Secret("s3cr3t")))
    try host.write("secret", "\u{FEFF}", mode: 0o600)
    #expect(try host.problems(text).first?.contains("HOST/secret is empty") == true)
  }

  @Test(
    "An access list that lets another user read a secret counts",
    .enabled(if: isRoot, "needs root for the list"))
  func accessList() throws {
    let host = try Host()
    // Version 2; then tag, permissions and id of each entry: user 12345 may read.
    let entries: [(UInt8, UInt8, UInt32)] = [
      (1, 6, .max), (2, 4, 12_345), (4, 0, .max), (16, 4, .max), (32, 0, .max),
    ]
    let value = entries.reduce([2, 0, 0, 0] as [UInt8]) { bytes, entry in
      bytes + [entry.0, 0, entry.1, 0] + (0..<4).map { UInt8(truncatingIfNeeded: entry.2 >> (8 * $0)) }
    }
    try #require(setxattr(host.path("secret"), "system.posix_acl_access", value, value.count, 0) == 0)
    #expect(
      try host.problems(host.profile()) == [
        "config.toml: profiles.default.client_secret_file: an access list lets the user 12345 use HOST/secret:"
          + " setfacl -x u:12345 HOST/secret"
      ])
  }
}
