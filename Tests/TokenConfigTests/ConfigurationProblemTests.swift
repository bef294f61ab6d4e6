import Testing
import TokenCore

@testable import TokenConfig

@Suite("Every problem of a configuration")
struct ConfigurationProblemTests {
  /// Lines that go into `[profiles.default]`, and the lines that are told about them after `profiles.default.`.
  static let profileTable: [(keys: String, problems: [String])] = [
    ("clint_secret = \"x\"", ["clint_secret: unknown key; did you mean client_secret?"]),
    ("colour = \"x\"", ["colour: unknown key"]),
    ("refresh.att = 0.5", ["refresh.att: unknown key; did you mean at?"]),
    ("api.timeouts = \"5s\"", ["api.timeouts: unknown key; did you mean timeout?"]),
    ("socket.allow_user = []", ["socket.allow_user: unknown key; did you mean allow_users?"]),
    ("\"a b\\u0007\" = 1", ["\"a b\\u{7}\": unknown key"]),
    ("\(String(repeating: "x", count: 40)) = 1", ["(a key of 40 bytes): unknown key"]),
    ("refresh = 1", ["refresh: must be a table, as in [profiles.default.refresh], not a number"]),
    ("files = \"x\"", ["files: must be a list of tables, as in [[profiles.default.files]], not a string"]),
    ("files = [1]", ["files[0]: must be a table, not a number"]),
    ("refresh.at = 1.5", ["refresh.at: must be between 0.1 and 0.9, not 1.5"]),
    ("refresh.at = 1", ["refresh.at: must be between 0.1 and 0.9, not 1.0"]),
    ("refresh.at = nan", ["refresh.at: must be between 0.1 and 0.9, not nan"]),
    ("refresh.at = \"0.5\"", ["refresh.at: must be a number, not a string"]),
    ("refresh.jitter = -0.1", ["refresh.jitter: must be between 0.0 and 0.5, not -0.1"]),
    (
      "refresh.assumed_lifetime = \"1s\"",
      ["refresh.assumed_lifetime: must be between 10s and 366d, not 1s"]
    ),
    ("refresh.retry_min = \"1ms\"", ["refresh.retry_min: must be between 100ms and 1h, not 1ms"]),
    ("refresh.retry_max = \"25h\"", ["refresh.retry_max: must be between 100ms and 1d, not 1d 1h"]),
    ("refresh.rejected_retry = \"8d\"", ["refresh.rejected_retry: must be between 1s and 7d, not 8d"]),
    (
      "refresh = { retry_min = \"2m\", retry_max = \"1m\" }",
      ["refresh.retry_max: must be at least retry_min (2min), not 1min"]
    ),
    (
      "refresh.retry_min = \"20m\"",
      [
        "refresh.retry_max: must be at least retry_min (20min), not 5min as by default",
        "refresh.rejected_retry: must be at least retry_min (20min), not 15min as by default",
      ]
    ),
    (
      "refresh.retry_max = \"90\"",
      ["refresh.retry_max: must be a duration with a unit, such as \"90s\" or \"5m\", not \"90\""]
    ),
    (
      "refresh.retry_max = 90",
      ["refresh.retry_max: must be a string with a unit, such as \"90s\" or \"5m\", not a number"]
    ),
    (
      "refresh.retry_max = \"9 parsecs\"",
      [
        "refresh.retry_max: must be a duration in ms, s, m, h, d or w, such as \"90s\" or \"1h30m\", not"
          + " \"9 parsecs\""
      ]
    ),
    ("refresh.retry_max = true", ["refresh.retry_max: must be a string such as \"90s\", not true or false"]),
    ("socket.wait = \"2h\"", ["socket.wait: must be between 0s and 1h, not 2h"]),
    ("api.connect_timeout = \"6m\"", ["api.connect_timeout: must be between 100ms and 5min, not 6min"]),
    ("api.timeout = \"1s\"", ["api.timeout: must be at least connect_timeout (5s), not 1s"]),
    ("socket.mode = 640", ["socket.mode: must be a string such as \"0640\", not a number"]),
    (
      "socket.mode = \"rw-r--r--\"",
      ["socket.mode: must be three or four octal digits such as \"0640\", not \"rw-r--r--\""]
    ),
    (
      "socket.mode = \"0698\"",
      ["socket.mode: must be three or four octal digits such as \"0640\", not \"0698\""]
    ),
    (
      "socket.mode = \"64\"", ["socket.mode: must be three or four octal digits such as \"0640\", not \"64\""]
    ),
    (
      "socket.mode = \"4660\"",
      ["socket.mode: must not set the setuid, setgid or sticky bit, as \"4660\" does"]
    ),
    ("socket.group = \"nosuchgroup\"", ["socket.group: there is no group \"nosuchgroup\" on this host"]),
    ("socket.group = 4294967295", ["socket.group: there is no group \"4294967295\" on this host"]),
    ("socket.group = []", ["socket.group: must be a group's name, not a list"]),
    (
      "socket.allow_users = [\"root\", \"nosuchuser\"]",
      ["socket.allow_users[1]: there is no user \"nosuchuser\" on this host"]
    ),
    (
      "socket.allow_groups = [\"nosuch\"]",
      ["socket.allow_groups[0]: there is no group \"nosuch\" on this host"]
    ),
    ("socket.allow_users = \"root\"", ["socket.allow_users: must be a list of strings, not a string"]),
    ("socket.allow_users = [true]", ["socket.allow_users[0]: must be a string, not true or false"]),
    (
      "socket.allow_units = [\"\", 5]",
      ["socket.allow_units[1]: must be a string, not a number", "socket.allow_units[0]: must not be empty"]
    ),
    (
      "socket.allow_units = [\"a/b\"]",
      ["socket.allow_units[0]: must be a unit's name such as \"billing-sync.service\", or a glob"]
    ),
    ("socket.audit = \"some\"", ["socket.audit: must be one of none, denied, all, not \"some\""]),
    ("socket.path = \"x.sock\"", ["socket.path: must be an absolute path, beginning with \"/\""]),
    ("socket.path = \"RUN/\"", ["socket.path: must name a file, not a folder"]),
    ("socket.path = \"RUN/a\\nb\"", ["socket.path: must not hold control characters"]),
    ("region = \"EU\"", ["region: base_url is given as well: keep one of them"]),
    ("client_id_file = \"RUN/id\"", ["client_id_file: client_id is given as well: keep one of them"]),
    ("client_secret = \"x\"", ["client_secret_file: client_secret is given as well: keep one of them"]),
    (
      "client_secret = \"x\"\nclient_secret_credential = \"x\"",
      ["client_secret_credential: client_secret and client_secret_file are given as well: keep one of them"]
    ),
    ("api.authenticate_path = \"login\"", ["api.authenticate_path: must begin with \"/\""]),
    (
      "api.authenticate_path = \"/a?b\"",
      ["api.authenticate_path: must be a path of visible ASCII characters without \"?\", \"#\" and \"\\\""]
    ),
    (
      "api.authenticate_path = \"/a b\"",
      ["api.authenticate_path: must be a path of visible ASCII characters without \"?\", \"#\" and \"\\\""]
    ),
    ("api.client_id_field = \"\"", ["api.client_id_field: must not be empty"]),
    (
      "api.client_id_field = \"clientSecret\"",
      ["api.client_secret_field: must be another name than client_id_field"]
    ),
    (
      "api.token_pointer = \"token\"",
      ["api.token_pointer: must be a JSON pointer such as \"/token\" (RFC 6901), beginning with \"/\""]
    ),
    (
      "api.token_pointer = \"/a~2\"",
      ["api.token_pointer: must write \"~\" as \"~0\" and \"/\" inside a name as \"~1\" (RFC 6901)"]
    ),
    ("api.token_format = \"JWT\"", ["api.token_format: must be one of jwt, opaque, not \"JWT\""]),
    (
      "api.header_prefix = \"JWT\\r\\n\"",
      ["api.header_prefix: must hold visible ASCII characters and spaces only"]
    ),
    (
      "api.ca_file = \"/nowhere.pem\"",
      [
        "api.ca_file: /nowhere.pem does not exist: create it, or name another one"
      ]
    ),
    (
      "api.proxy = \"ftp://u:p4ss@h\"",
      ["api.proxy: must begin with http://, https://, socks5:// or socks5h://"]
    ),
    ("api.proxy = \"http://u:p4ss@h:port\"", ["api.proxy: must have a port between 1 and 65535, or none"]),
    ("[[profiles.default.files]]", ["files[0].path: is missing: say where the file goes"]),
    (
      "[[profiles.default.files]]\npath = \"RUN/x\"\nmode = \"0642\"",
      ["files[0].mode: must not let others write to the file, as \"0642\" does"]
    ),
    (
      "[[profiles.default.files]]\npath = \"RUN/x\"\nmode = \"0750\"",
      ["files[0].mode: must not make a header file executable, as \"0750\" does"]
    ),
    (
      "[[profiles.default.files]]\npath = \"RUN/x\"\nformat = \"haeder\"",
      ["files[0].format: must be one of header, token, curl, env, json, template, not \"haeder\""]
    ),
    (
      "[[profiles.default.files]]\npath = \"RUN/x\"\nformt = \"curl\"",
      ["files[0].formt: unknown key; did you mean format?"]
    ),
  ]

  @Test("of a profile is told in one line", arguments: profileTable)
  func profile(keys: String, problems: [String]) throws {
    let host = try Host()
    let text = host.profile(keys.replacing("RUN", with: host.path("run")))
    try host.write("config.toml", text, mode: 0o600)
    #expect(host.problems() == problems.map { "config.toml: profiles.default.\($0)" })
  }

  /// Whole files, in which PROFILE is a profile that is in order.
  static let fileTable: [(text: String, problems: [String])] = [
    ("", ["profiles: there is no profile: add a section [profiles.default]"]),
    ("[profiles]", ["profiles: there is no profile: add a section [profiles.default]"]),
    ("profiles = 1", ["profiles: must be a table, as in [profiles], not a number"]),
    (
      "[profiles]\ndefault = 1",
      [
        "profiles.default: must be a table, as in [profiles.default], not a number",
        "profiles.default.base_url: is missing: take it from your AssetIT API documentation page",
        "profiles.default.client_id: is missing: take it from AssetIT, Settings, API Credentials",
        "profiles.default.client_secret_file: is missing: write the secret to HOST/secrets/default"
          + " (root, 0600), or name another file; outside of the unit there are no systemd credentials"
          + " ($CREDENTIALS_DIRECTORY is not set)",
      ]
    ),
    ("PROFILE\n[profile.x]", ["profile: unknown key"]),
    (
      "[profile.x]",
      [
        "profiles: there is no profile: add a section [profiles.default]",
        "profile: unknown key; did you mean profiles?",
      ]
    ),
    (
      "[log]\nlevel = \"verbose\"\nlevle = 1\nPROFILE",
      [
        "log.level: must be one of trace, debug, info, notice, warning, error, critical, not \"verbose\"",
        "log.levle: unknown key",
      ]
    ),
    (
      "[api]\nmetrics_listen = \"0.0.0.0:9464\"\nPROFILE",
      ["api.metrics_listen: must be on loopback, as in \"127.0.0.1:9464\""]
    ),
    (
      "[api]\nmetrics_listen = \"9464\"\nPROFILE",
      ["api.metrics_listen: must be HOST:PORT such as \"127.0.0.1:9464\""]
    ),
    (
      "[api]\nsocket = 1\nsockets = 1\nPROFILE",
      ["api.socket: must be a string, not a number", "api.sockets: unknown key"]
    ),
    (
      "[regions]\nEU = \"http://eu.example\"\nPROFILE",
      ["regions.EU: must begin with https://: http:// would send the secret in the clear"]
    ),
    ("[regions]\nEU = 5\nPROFILE", ["regions.EU: must be a string, not a number"]),
    (
      "PROFILE\n[profiles.Default]\nx = 1",
      [
        "profiles.Default: a profile's name must have 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", and begin with a letter or digit"
      ]
    ),
    (
      "PROFILE\n[profiles.\"-a\"]",
      [
        "profiles.-a: a profile's name must have 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", and begin with a letter or digit"
      ]
    ),
    (
      "PROFILE\n[profiles.\"a/b\"]",
      [
        "profiles.\"a/b\": a profile's name must have 1 to 32 characters of a-z, 0-9, \"_\" and \"-\", and begin with a letter or digit"
      ]
    ),
    (
      "[profiles.a]\nregion = \"US\"\nclient_id = \"i\"\nclient_secret_file = \"SECRET\"\n[regions]\nEU = \"https://e.example\"\nDE = \"https://d.example\"",
      ["profiles.a.region: there is no region \"US\": [regions] has \"DE\", \"EU\""]
    ),
    (
      "[profiles.a]\nregion = \"US\"\nclient_id = \"i\"\nclient_secret_file = \"SECRET\"",
      ["profiles.a.region: there is no region \"US\": [regions] is empty: add it there"]
    ),
    (
      "[profiles.a]\nbase_url = \"ftp://h.example\"\nclient_id = \"\"\nclient_secret_file = \"secret\"",
      [
        "profiles.a.base_url: must begin with https://, not \"ftp://\"",
        "profiles.a.client_id: must not be empty",
        "profiles.a.client_secret_file: must be an absolute path, beginning with \"/\"",
      ]
    ),
    (
      "[profiles.a]\nbase_url = \"https://h.example\"\nclient_id = 5\nclient_secret = 5",
      [
        "profiles.a.client_id: must be a string, not a number",
        "profiles.a.client_secret: must be a string, not a number",
        "holds a secret, but HOST/config.toml has mode 0644, so others than its owner and group may use it: chmod o= HOST/config.toml",
      ].sorted { $0.hasPrefix("holds") && !$1.hasPrefix("holds") }
    ),
    (
      "[profiles.a]\nbase_url = \"https://h.example\"\nclient_id_credential = \"a/b\"\nclient_secret_credential = \"..\"",
      [
        "profiles.a.client_id_credential: must be a systemd credential's name, without \"/\" and spaces",
        "profiles.a.client_secret_credential: must be a systemd credential's name, without \"/\" and spaces",
      ]
    ),
    (
      "[profiles.a]\nbase_url = \"https://h.example\"\nclient_id_credential = \"id\"\nclient_secret_file = \"SECRET\"",
      [
        "profiles.a.client_id_credential: names a systemd credential, but this process has none"
          + " ($CREDENTIALS_DIRECTORY is not set): start the unit, or name a file"
      ]
    ),
  ]

  @Test("of a file is told in one line, all at once, in the order of the sections", arguments: fileTable)
  func file(text: String, problems: [String]) throws {
    let host = try Host()
    let filled = text.replacing("PROFILE", with: host.profile()).replacing(
      "SECRET", with: host.path("secret"))
    #expect(try host.problems(filled) == problems.map { "config.toml: \($0)" })
  }

  static let syntaxTable: [(text: String, problem: String)] = [
    ("a = ", "line 1, column 5: the file ends before the value is complete"),
    ("a = , 1", "line 1, column 5: a value is expected here: a string needs quotation marks"),
    (
      "[profiles.a]\nclient_secret = SECRET",
      "line 2, column 17: no value that TOML knows: a string needs quotation marks"
    ),
    ("x = \"SECRET", "line 1, column 12: a string is not closed: its last quotation mark is missing"),
    ("x = \"SECRET\n", "line 1, column 12: a string is not closed on its line, or holds a control character"),
    (
      "mode = 0640",
      "line 1, column 12: a number may not begin with 0: a mode such as \"0640\" needs quotation marks"
    ),
    (
      "wait = 90s",
      "line 1, column 10: no number that TOML knows: a string, such as \"90s\", needs quotation marks"
    ),
    (
      "wait = 1.5h",
      "line 1, column 11: no number that TOML knows: a string, such as \"1.5h\", needs quotation marks"
    ),
    ("a = 1\na = 2", "line 2, column 5: this key is given twice"),
    ("[a]\n[a]", "line 2, column 1: this name is given twice"),
    ("a : 1", "line 1, column 3: \"=\" is expected after a key"),
    ("SECRET", "line 1, column 7: the file ends before the value is complete"),
    ("a = \"x\" SECRET", "line 1, column 9: nothing may follow here: are all quotation marks in order?"),
    (
      "a = \"\\SECRET\"",
      "line 1, column 7: an unknown escape in a string: write \"\\\\\" for a backslash, or use single quotes"
    ),
    (
      "a = True",
      "line 1, column 5: no value that TOML knows: true and false are in small letters, a string needs quotation marks"
    ),
    (
      "[a",
      "line 1, column 3: a section is a name in brackets on a line of its own, such as [profiles.default]"
    ),
    ("a = [1 2]", "line 1, column 8: a list needs commas between its values and \"]\" at its end"),
    ("a = {b = 1", "line 1, column 11: a table in braces needs commas between its keys and \"}\" at its end"),
    ("[.a]", "line 1: is not TOML: the parser could not go on here"),
    ("x = 1\na=1979-05-27T:", "line 2: is not TOML: the parser could not go on here"),
    ("a = ä", "line 1, column 5: no value that TOML knows: a string needs quotation marks"),
    ("a = \"SECRET\\u0000\"", "line 1: a string may not hold NUL"),
    ("a = " + String(repeating: "[", count: 100_000), "line 1, column 261: nested too deeply"),
    ("a = 1\nb = \"\0\"", "line 2: holds a NUL byte"),
  ]

  @Test("of syntax has line and column, and no piece of the file", arguments: syntaxTable)
  func syntax(text: String, problem: String) throws {
    let host = try Host()
    #expect(try host.problems(text) == ["config.toml: \(problem)"])
  }

  @Test("of the file itself is told")
  func unusableFile() throws {
    let host = try Host()
    #expect(
      host.problems() == [
        "config.toml: HOST/config.toml does not exist: create it, or name another one"
      ])
    try host.write("config.toml", [0x61, 0x0A, 0x23, 0xFF])
    #expect(host.problems() == ["config.toml: line 2: is not UTF-8 text"])
    try host.write("config.toml", "#" + String(repeating: "x", count: 4 << 20))
    #expect(
      host.problems() == [
        "config.toml: is longer than 4194304 bytes"
      ])
  }

  @Test("stands in one place: a byte order mark and CR LF are fine")
  func windows() throws {
    let host = try Host()
    let text = "\u{FEFF}" + host.profile().replacing("\n", with: "\r\n")
    #expect(try host.problems(text) == [])
  }
}
