import LinuxSystem
import TokenCore
import TokenService

/// All metrics at one moment.
struct MetricsDocument {
  let metrics: ControlMetrics
  let http: HTTPStatistics
  let moment: ClockReading

  func rendered(as format: MetricsText.Format) -> [UInt8] {
    var text = MetricsText(format)
    token(&text)
    requests(&text)
    readers(&text)
    process(&text)
    return text.finish()
  }

  private var isReady: Bool {
    !metrics.profiles.isEmpty && metrics.profiles.allSatisfy { $0.state.token(at: moment.now) != nil }
  }

  /// In whole milliseconds, since the two clocks are never read at quite the same time.
  private func wall(_ time: BootTime) -> Double { (moment.wall(time) * 1000).rounded() / 1000 }

  private func each(
    _ value: (ControlMetrics.Profile) -> Double?
  ) -> [(labels: MetricsText.Labels, value: Double)] {
    metrics.profiles.compactMap { profile in value(profile).map { ([("profile", profile.state.name)], $0) } }
  }

  private func token(_ text: inout MetricsText) {
    text.family(
      "assetit_token_valid", .gauge, "Whether readers get a valid token.",
      each { $0.state.token(at: moment.now) == nil ? 0 : 1 })
    text.family(
      "assetit_token_expiry_timestamp_seconds", .gauge,
      "When the token expires, in seconds since 1970 on this host's clock; absent where there is no token.",
      each { $0.state.token(at: moment.now).map { wall($0.deadline) } })
    text.family(
      "assetit_token_issued_timestamp_seconds", .gauge,
      "When the token was asked for, in seconds since 1970 on this host's clock; absent where there is no token.",
      each { $0.state.token(at: moment.now).map { wall($0.requestedAt) } })
    text.family(
      "assetit_next_refresh_timestamp_seconds", .gauge,
      "When the next token is asked for, in seconds since 1970; absent while a request is under way.",
      each { $0.state.nextRefreshAt.map(wall) })
    text.family(
      "assetit_profile_state", .gauge, "1 for the state that the profile is in.",
      metrics.profiles.flatMap { profile in
        ProfileState.Condition.allCases.map { condition in
          (
            [("profile", profile.state.name), ("state", condition.rawValue)],
            profile.state.condition(at: moment.now) == condition ? 1 : 0
          )
        }
      })
  }

  private func requests(_ text: inout MetricsText) {
    text.family(
      "assetit_refreshes", .counter, "Authentications that ended, with a token or without.",
      each { Double($0.statistics.ended) })
    text.family(
      "assetit_refresh_failures", .counter, "Authentications that brought no token, by class of failure.",
      metrics.profiles.flatMap { profile in
        ExchangeStatistics.failureClasses.map { name in
          (
            [("profile", profile.state.name), ("class", name)],
            Double(profile.statistics.failures[name] ?? 0)
          )
        }
      })
    text.family(
      "assetit_consecutive_failures", .gauge, "Authentications that failed since the last one that did not.",
      each { Double($0.state.lastFailure?.count ?? 0) })
    let name = "assetit_exchange_duration_seconds"
    text.begin(name, .histogram, "How long AssetIT took to answer an authentication.")
    for profile in metrics.profiles {
      let statistics = profile.statistics
      var sum = 0
      for (bound, count) in zip(ExchangeStatistics.bounds + [.infinity], statistics.buckets) {
        sum += count
        let label = bound == .infinity ? "+Inf" : "\(bound)"
        text.sample("\(name)_bucket", [("profile", profile.state.name), ("le", label)], Double(sum))
      }
      text.sample("\(name)_sum", [("profile", profile.state.name)], statistics.durationSum)
      text.sample("\(name)_count", [("profile", profile.state.name)], Double(sum))
    }
  }

  private func readers(_ text: inout MetricsText) {
    func each(
      _ count: (ReaderCount) -> Int
    ) -> [(labels: MetricsText.Labels, value: Double)] {
      metrics.profiles.flatMap { profile in
        [("token", profile.tokenReaders), ("http", profile.httpReaders)].map { socket, readers in
          ([("profile", profile.state.name), ("socket", socket)], Double(count(readers)))
        }
      }
    }
    text.family(
      "assetit_readers_served", .counter, "Headers given to readers, by the socket they came to.",
      each(\.served))
    text.family(
      "assetit_readers_denied", .counter,
      "Readers turned away by the access list, by the socket they came to.",
      each(\.denied))
    text.family(
      "assetit_http_requests", .counter, "Requests answered over HTTP, by status.",
      http.answersByStatus.sorted { $0.key < $1.key }.map { ([("code", "\($0.key)")], Double($0.value)) })
    text.family(
      "assetit_http_connections", .gauge, "Connections over HTTP that are open.",
      [([], Double(http.connections))])
    text.family(
      "assetit_http_memory_bytes", .gauge,
      "What connections over HTTP hold of unfinished requests and unread answers.",
      [([], Double(http.memory))])
    text.family(
      "assetit_refresh_demands", .gauge, "Callers over HTTP that wait for a refresh.",
      [([], Double(http.demands))])
    text.family(
      "assetit_event_subscribers", .gauge, "Connections that receive events.",
      [([], Double(http.subscribers))])
  }

  private func process(_ text: inout MetricsText) {
    text.family(
      "assetit_ready", .gauge, "Whether every profile has a valid token.", [([], isReady ? 1 : 0)])
    text.family(
      "assetit_build_info", .gauge, "1; which release this is.", [([("version", Release.version)], 1)])
    text.family(
      "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
      [([], http.startedAt)])
  }
}

/// What the server counts of itself.
struct HTTPStatistics {
  /// Seconds since 1970.
  let startedAt = timeOfDay()
  var answersByStatus: [UInt: Int] = [:]
  var connections = 0
  var subscribers = 0
  /// Bytes.
  var memory = 0
  var demands = 0
}
