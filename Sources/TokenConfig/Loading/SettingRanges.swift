/// What numbers and durations in a configuration may be. The only place: documents cite these.
enum SettingRanges {
  /// `refresh.at`, a fraction of the lifetime.
  static let at = 0.1...0.9
  /// `refresh.jitter`, a fraction of the lifetime.
  static let jitter = 0.0...0.5
  /// `refresh.assumed_lifetime`: 10 s to 366 days.
  static let assumedLifetime = Duration.seconds(10)...Duration.seconds(366 * 86_400)
  /// `refresh.retry_min`: 100 ms to 1 h.
  static let retryMin = Duration.milliseconds(100)...Duration.seconds(3_600)
  /// `refresh.retry_max`: 100 ms to 24 h, and at least `retry_min`.
  static let retryMax = Duration.milliseconds(100)...Duration.seconds(86_400)
  /// `refresh.rejected_retry`: 1 s to 7 days, and at least `retry_min`.
  static let rejectedRetry = Duration.seconds(1)...Duration.seconds(7 * 86_400)
  /// `socket.wait`: 0 to 1 h.
  static let wait = Duration.zero...Duration.seconds(3_600)
  /// `api.connect_timeout`: 100 ms to 5 min.
  static let connectTimeout = Duration.milliseconds(100)...Duration.seconds(300)
  /// `api.timeout`: 100 ms to 10 min, and at least `connect_timeout`.
  static let timeout = Duration.milliseconds(100)...Duration.seconds(600)
  /// A socket's path, in bytes: `sun_path` less its NUL (unix(7)).
  static let socketPathBytes = 107
  /// The configuration file, in bytes.
  static let configurationBytes = 4 << 20
  /// `api.extra_fields` and `api.headers`: how many.
  static let extraFields = 64
  /// The value of one of `api.extra_fields`, in bytes.
  static let fieldBytes = 8192
  /// A file with a client ID or secret, in bytes.
  static let credentialBytes = 64 << 10
  /// A template, in bytes.
  static let templateBytes = 64 << 10
}
