import TokenCore

/// The configurations of a simulated life: variants of one, so that reloads change something.
enum Settings {
  static let folder = "/etc/t"
  static let path = "/etc/t/config.toml"
  static let runtime = "/run/t"
  static let files = "/srv/t"

  static func secretFolder(_ index: Int) -> String { "/etc/t/secrets/\(index)" }
  static func secretPath(_ index: Int) -> String { "\(secretFolder(index))/secret" }
  static func name(_ index: Int) -> String { "p\(index)" }
  static func index(of name: String) -> Int { Int(name.dropFirst()) ?? 0 }

  /// Variant 0 has every profile; the others leave out, move or change something.
  static func configuration(
    _ variant: Int, profiles: Int, lifetime: Duration, isLenient: Bool
  ) -> Configuration {
    var all = (0..<profiles).map { profile($0, variant, lifetime) }
    // A profile comes and goes, but there is always one.
    if variant & 1 != 0, all.count > 1 { all.removeLast() }
    var api = APIConfiguration()
    api.socketPath = variant & 2 != 0 ? "\(runtime)/other.sock" : "\(runtime)/api.sock"
    if variant & 4 != 0 { api.metricsListen = "127.0.0.1:9464" }
    if variant & 8 != 0, all.count > 1 {
      // Two profiles swap the paths of a file.
      let (first, second) = (all[0].files[0].path, all[1].files[0].path)
      all[0].files[0].path = second
      all[1].files[0].path = first
    }
    return Configuration(api: api, profiles: all.sorted { $0.name < $1.name })
  }

  private static func profile(_ index: Int, _ variant: Int, _ lifetime: Duration) -> ProfileConfiguration {
    var exchange = ExchangeSettings(baseURL: "https://service\(index % World.services).example")
    // Only one profile changes its prefix or its endpoint, so that the others must not notice.
    if index == 0, variant & 2 != 0 { exchange.headerPrefix = "Bearer " }
    if index == 1, variant & 4 != 0 { exchange.authenticatePath = "/other" }
    var socket = SocketConfiguration(path: "\(runtime)/\(name(index)).sock")
    if variant & 4 != 0, index == 0 { socket.mode = 0o666 }
    var first = FileConfiguration(path: "\(runtime)/\(name(index)).header")
    if variant & 2 != 0 { first.mode = 0o644 }
    var second = FileConfiguration(path: "\(files)/\(name(index))")
    second.format = .token
    var profile = ProfileConfiguration(
      name: name(index), exchange: exchange, clientID: .inline(Secret("client \(index)")),
      clientSecret: .file(secretPath(index)), socket: socket,
      files: variant & 1 != 0 && index == 0 ? [first] : [first, second])
    profile.refresh = policy(index, variant, lifetime)
    return profile
  }

  static func policy(_ index: Int, _ variant: Int, _ lifetime: Duration) -> RefreshPolicy {
    var policy = RefreshPolicy()
    policy.at = [0.5, 0.3, 0.8][index % 3]
    policy.jitter = [0.1, 0.05, 0][index % 3]
    policy.retryMax = variant & 8 != 0 ? .seconds(60) : .seconds(300)
    policy.rejectedRetry = index % 2 == 0 ? .seconds(900) : .seconds(120)
    policy.assumedLifetime = lifetime
    return policy
  }
}
