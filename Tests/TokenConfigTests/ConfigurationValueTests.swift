import Glibc
import TestSupport
import Testing
import TokenCore

@testable import TokenConfig

@Suite("A configuration that is in order")
struct ConfigurationValueTests {
  private let group = OwnGroup.pair.0

  @Test("gets every default")
  func defaults() throws {
    let host = try Host()
    let configuration = try host.load(host.profile())
    #expect(configuration.logLevel == .info)
    #expect(configuration.api.socketPath == host.path("run/api.sock"))
    #expect(configuration.api.mode == 0o660)
    #expect(configuration.api.metricsListen == nil)
    let profile = try #require(configuration.profiles.first)
    #expect(configuration.profiles.count == 1)
    #expect(profile.name == "default")
    #expect(profile.exchange == ExchangeSettings(baseURL: "https://api.example"))
    #expect(profile.refresh == RefreshPolicy())
    #expect(profile.clientID == .inline(Secret("id")))
    #expect(profile.clientSecret == .file(host.path("secret")))
    #expect(profile.socket.path == host.path("run/default.sock"))
    #expect(profile.socket.mode == 0o660)
    #expect(profile.socket.wait == .seconds(10))
    #expect(profile.socket.access.isEmpty)
    #expect(profile.socket.audit == .denied)
    #expect(profile.files.map(\.path) == [host.path("run/default.header")])
    #expect(profile.files.map(\.format) == [.header])
    #expect(profile.files.map(\.mode) == [0o640])
    #expect(profile.files.map(\.group) == [profile.socket.group])
  }

  @Test("gets every key of the contract")
  func everything() throws {
    let host = try Host()
    try host.write("key", "k-e-y\n", mode: 0o600)
    try host.write("ca.pem", "")
    let configuration = try host.load(
      """
      [regions]
      EU = "https://eu.example/"
      [log]
      level = "trace"
      [api]
      socket = "\(host.path("run/http.sock"))"
      mode = "0600"
      group = "\(group.name)"
      metrics_listen = "127.0.0.1:9464"
      [profiles.b]
      region = "EU"
      client_id = "idb"
      client_secret_file = "\(host.path("secret"))"
      files = []
      [profiles.a]
      base_url = "http://127.0.0.1:8080"
      client_id = "ida"
      client_secret_file = "\(host.path("secret"))"
      [profiles.a.api]
      authenticate_path = "/v2/login"
      client_id_field = "id"
      client_secret_field = "secret"
      body = "form"
      extra_fields = { grant_type = "client_credentials", version = 2, beta = true }
      headers = { X-Tenant = "a", X-Key = { file = "\(host.path("key"))" } }
      client_certificate = "\(host.path("ca.pem"))"
      client_key = "\(host.path("key"))"
      token_pointer = "/data/a~1b"
      token_format = "opaque"
      header_prefix = "Bearer "
      ca_file = "\(host.path("ca.pem"))"
      proxy = ""
      connect_timeout = "1s"
      timeout = "2s"
      [profiles.a.refresh]
      at = 0.8
      jitter = 0
      assumed_lifetime = "2h"
      retry_min = "2s"
      retry_max = "10m"
      rejected_retry = "1h"
      [profiles.a.socket]
      path = "\(host.path("run/x.sock"))"
      mode = "666"
      group = "\(group.id)"
      shared_folder = true
      wait = "0s"
      allow_users = ["root", "1234", 5678]
      allow_groups = ["\(group.name)"]
      allow_units = ["billing-*.service"]
      audit = "all"
      [[profiles.a.files]]
      path = "\(host.path("run/x.env"))"
      format = "env"
      mode = "0644"
      shared_folder = false
      group = "\(group.name)"
      """)
    #expect(configuration.logLevel == .trace)
    #expect(configuration.api.socketPath == host.path("run/http.sock"))
    #expect(configuration.api.mode == 0o600)
    #expect(configuration.api.group == Group(name: group.name, id: group.id))
    #expect(configuration.api.metricsListen == "127.0.0.1:9464")
    #expect(configuration.profiles.map(\.name) == ["a", "b"])
    #expect(configuration.profiles.last?.exchange.baseURL == "https://eu.example")
    #expect(configuration.profiles.last?.files == [])
    let profile = try #require(configuration.profiles.first)
    var exchange = ExchangeSettings(baseURL: "http://127.0.0.1:8080")
    exchange.authenticatePath = "/v2/login"
    exchange.clientIDField = "id"
    exchange.clientSecretField = "secret"
    exchange.body = .form
    exchange.extraFields = [
      "grant_type": .string("client_credentials"), "version": .integer(2), "beta": .boolean(true),
    ]
    exchange.headers = [
      try RequestHeader(name: "X-Tenant", value: Secret("a")),
      try RequestHeader(name: "X-Key", value: Secret("k-e-y")),
    ]
    exchange.clientCertificate = host.path("ca.pem")
    exchange.clientKey = host.path("key")
    exchange.tokenPointer = "/data/a~1b"
    exchange.tokenFormat = .opaque
    exchange.headerPrefix = "Bearer "
    exchange.caFile = host.path("ca.pem")
    exchange.proxy = .none
    exchange.connectTimeout = .seconds(1)
    exchange.timeout = .seconds(2)
    #expect(profile.exchange == exchange)
    var refresh = RefreshPolicy()
    refresh.at = 0.8
    refresh.jitter = 0
    refresh.assumedLifetime = .seconds(7_200)
    refresh.retryMin = .seconds(2)
    refresh.retryMax = .seconds(600)
    refresh.rejectedRetry = .seconds(3_600)
    #expect(profile.refresh == refresh)
    var socket = SocketConfiguration(path: host.path("run/x.sock"))
    socket.mode = 0o666
    socket.group = Group(name: "\(group.id)", id: group.id)
    socket.wait = .zero
    socket.access.users = [0, 1_234, 5_678]
    socket.access.groups = [group.id]
    socket.access.units = ["billing-*.service"]
    socket.audit = .all
    #expect(profile.socket == socket)
    var file = FileConfiguration(path: host.path("run/x.env"))
    file.format = .env
    file.mode = 0o644
    file.group = Group(name: group.name, id: group.id)
    #expect(profile.files == [file])
  }

  @Test("has no header file where a list says who may read")
  func allowListsAndFiles() throws {
    let host = try Host()
    let lists = [
      "allow_users = [\"root\"]", "allow_groups = [\"\(group.name)\"]", "allow_units = [\"a.service\"]",
    ]
    for list in lists {
      let configuration = try host.load(host.profile(more: "[profiles.default.socket]\n\(list)"))
      #expect(configuration.profiles.first?.files == [])
    }
    let open = try host.load(host.profile(more: "[profiles.default.socket]\nallow_users = []"))
    #expect(open.profiles.first?.files.count == 1)
  }

  @Test("has its header file beside the socket, open to no one else")
  func standardFile() throws {
    let host = try Host()
    try host.makeFolder("other")
    let configuration = try host.load(
      host.profile(
        more: """
          [profiles.default.socket]
          path = "\(host.path("other/x.sock"))"
          mode = "0600"
          group = "\(group.name)"
          """))
    let file = try #require(configuration.profiles.first?.files.first)
    #expect(file.path == host.path("other/default.header"))
    #expect(file.mode == 0o600)
    #expect(file.group?.name == group.name)
  }

  @Test("takes its directories from the environment")
  func environment() {
    let loader = ConfigurationLoader.fromEnvironment(
      ["RUNTIME_DIRECTORY": "/run/a:/run/b", "CREDENTIALS_DIRECTORY": "/run/credentials/x"])
    #expect(loader.runtimeDirectory == "/run/a")
    #expect(loader.credentialsDirectory == "/run/credentials/x")
    let plain = ConfigurationLoader.fromEnvironment(["CREDENTIALS_DIRECTORY": ""])
    #expect(plain.runtimeDirectory == "/run/assetit-tokend")
    #expect(plain.credentialsDirectory == nil)
  }
}
