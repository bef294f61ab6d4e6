import DaemonCore
import TokenCore

/// How often AssetIT is asked, seen from its side, over restarts too. The rules are those of the contract, written as
/// the least that must lie between two requests.
struct PacingChecker {
  private enum Ending {
    case granted(lifetime: Duration)
    case transient
    case throttled(until: BootTime)
    /// `isHeld`: a token was held then, so it is tried again before that ends.
    case refused(isHeld: Bool)
    /// The request was given up, or its process ended.
    case unknown
  }

  private struct Track {
    var sentAt: BootTime?
    var inFlight: ExchangeNumber?
    var endedAt: BootTime?
    var ending = Ending.unknown
    var failures = 0
    var throttledUntil: BootTime?
    /// With the random part that the daemon adds.
    var latestAfterThrottling: BootTime?
    /// Somebody asked for a new token since the last request.
    var isAsked = false
    /// The credentials or the settings may have changed.
    var changedAt: BootTime?
    var lastToken: String?
    /// The end of the token that the service repeats: it has another one then.
    var repeatedUntil: BootTime?
    /// What the last request carried.
    var secret: Secret?
    /// Whether the service refused that.
    var isRefused = false
    /// The last requests, for storms.
    var recent: [BootTime] = []
    var service = ""
  }

  private var tracks: [String: Track] = [:]
  private var numbers: [ExchangeNumber: String] = [:]
  private var doubtful: Set<String> = []
  private var inFlight: [String: Int] = [:]

  mutating func processBegan() {
    numbers = [:]
    inFlight = [:]
    doubtful = []
  }

  mutating func processEnded(isStoreLost: Bool, _ now: BootTime) {
    if isStoreLost {
      tracks = [:]
      return
    }
    for (name, track) in tracks where track.inFlight != nil {
      tracks[name]?.inFlight = nil
      tracks[name]?.endedAt = track.sentAt
      tracks[name]?.ending = .unknown
      tracks[name]?.failures += 1
    }
  }

  mutating func forget(_ profile: String) { tracks[profile] = nil }

  mutating func asked(_ profile: String?, _ now: BootTime) {
    if let profile {
      tracks[profile]?.isAsked = true
    } else {
      for name in Array(tracks.keys) { tracks[name]?.isAsked = true }
    }
  }

  mutating func changed(_ profile: String, endpoint: Bool, _ now: BootTime) {
    tracks[profile]?.changedAt = now
    if endpoint {
      tracks[profile]?.throttledUntil = nil
      tracks[profile]?.latestAfterThrottling = nil
    }
  }

  /// - Returns: the rule that the request breaks.
  mutating func sent(
    _ number: ExchangeNumber, _ order: ExchangeOrder, _ policy: RefreshPolicy, isReady: Bool,
    _ profiles: Int, _ resumedAt: BootTime, _ now: BootTime
  ) -> String? {
    let name = order.profile
    let service = order.settings.baseURL
    var track = tracks[name] ?? Track()
    if case .granted = track.ending { track.isRefused = false }
    defer {
      track.sentAt = now
      track.inFlight = number
      track.isAsked = false
      track.service = service
      track.secret = order.credentials.clientSecret
      track.recent.append(now)
      if track.recent.count > 8 { track.recent.removeFirst() }
      tracks[name] = track
      numbers[number] = name
      inFlight[service, default: 0] += 1
    }
    if track.inFlight != nil { return "\(name) has two requests in flight" }
    if inFlight[service, default: 0] >= (doubtful.contains(service) ? 1 : 16) {
      return "\(service) has too many requests in flight"
    }
    if let until = track.throttledUntil, now < until {
      return "\(name) asks \((until - now).inSeconds) s before Retry-After is over"
    }
    // Whoever asks, and however often: after 1, 2, 4 and 8 s at the soonest, or half of that.
    if track.recent.count == 8, now - track.recent[0] < .seconds(10),
      track.changedAt.map({ now - $0 > .seconds(20) }) ?? true
    {
      return "\(name) asks for the ninth time in \((now - track.recent[0]).inSeconds) s"
    }
    guard let sentAt = track.sentAt, let endedAt = track.endedAt else { return nil }
    // A change is seen a little later, and meanwhile another request may have gone out.
    let window: Duration = profiles > 16 ? .seconds(200) : .seconds(7)
    if let changedAt = track.changedAt, changedAt > sentAt - window {
      // Other credentials begin with the shortest wait again.
      track.failures = 0
      return nil
    }
    let waited = now - endedAt
    // The daemon counts a token's end from a little before its request was sent.
    if let until = track.repeatedUntil, now >= until - .seconds(1), waited >= policy.retryMin { return nil }
    // It counts a life from the moment at which it kept that it would ask, and a suspend may have lain between.
    if case .granted = track.ending, resumedAt > sentAt - .seconds(1), waited >= .seconds(1) { return nil }
    let least = least(track, policy, isReady: isReady)
    guard waited < least * 0.999 else { return nil }
    return
      "\(name) asks again after \(waited.inSeconds) s; \(least.inSeconds) s is the least after \(track.ending)"
  }

  private func least(_ track: Track, _ policy: RefreshPolicy, isReady: Bool) -> Duration {
    switch track.ending {
    case .granted(let lifetime):
      if track.isAsked { return .zero }
      return max(.zero, lifetime * (policy.at - policy.jitter) - .seconds(60))
    case .throttled, .transient, .unknown:
      if track.isAsked { return policy.retryMin }
      let doubled = policy.retryMin * Int(1 << min(max(0, track.failures - 1), 20))
      return max(policy.retryMin, min(doubled, policy.retryMax) / 2)
    case .refused(let wasHeld):
      if track.isAsked || wasHeld { return policy.retryMin }
      return isReady ? policy.rejectedRetry : policy.retryMin
    }
  }

  mutating func ended(
    _ number: ExchangeNumber, _ result: Result<TokenGrant, ExchangeFailure>?, isHeld: Bool, isReady: Bool,
    _ now: BootTime
  ) {
    guard let name = numbers.removeValue(forKey: number), var track = tracks[name], track.inFlight == number
    else {
      return
    }
    inFlight[track.service, default: 1] -= 1
    track.inFlight = nil
    track.endedAt = now
    defer { tracks[name] = track }
    switch result {
    case nil:
      // What the next process goes by counts from the request, however long it was under way.
      track.ending = .unknown
      track.endedAt = track.sentAt
    case .success(let grant):
      doubtful.remove(track.service)
      let token = grant.token.text
      if token == track.lastToken {
        track.ending = .transient
        track.failures += 1
        track.repeatedUntil = (track.sentAt ?? now) + grant.lifetime
      } else {
        track.repeatedUntil = nil
        track.ending = .granted(lifetime: grant.lifetime)
        track.failures = 0
        track.throttledUntil = nil
      }
      track.lastToken = token
    case .failure(let failure):
      fail(failure, &track, isHeld: isHeld, isReady: isReady, now)
    }
  }

  private mutating func fail(
    _ failure: ExchangeFailure, _ track: inout Track, isHeld: Bool, isReady: Bool, _ now: BootTime
  ) {
    switch failure {
    case .timedOut, .network, .nameResolution: doubtful.insert(track.service)
    default: doubtful.remove(track.service)
    }
    track.isRefused = failure.failureClass == .rejected || failure.failureClass == .misconfigured
    switch failure {
    case .status(429, let wait?, _):
      track.throttledUntil = now + wait
      track.latestAfterThrottling = now + wait * 1.1
      track.ending = .throttled(until: now + wait)
      track.failures += 1
    case .status(400, _, _), .status(401, _, _), .status(403, _, _): track.ending = .refused(isHeld: isHeld)
    case .status(404, _, _), .gatewayPage: track.ending = isReady ? .refused(isHeld: isHeld) : .unknown
    default:
      track.ending = .transient
      track.failures += 1
    }
  }

  /// Whether the service refused the profile's last request, and it carried this secret.
  func isRefused(_ profile: String, _ secret: String?) -> Bool {
    guard let track = tracks[profile], track.isRefused else { return false }
    return track.secret?.text == secret
  }

  /// Until when the service asked the profile to leave it alone, with the random part that the daemon adds.
  func throttledUntil(_ profile: String) -> BootTime? { tracks[profile]?.latestAfterThrottling }
}
