import TestSupport
import Testing
import TokenCore

/// 40,000 random lives of a profile, each of 30 events at random times. A failing seed is printed and can
/// be run again alone.
@Suite("What holds in every sequence of events")
struct TokenMachinePropertyTests {
  @Test(
    "no expired token, one request in flight, no request too soon, no good token dropped, always a way back",
    arguments: 0..<4)
  func promises(quarter: UInt64) {
    for seed in (quarter * 10_000)..<((quarter + 1) * 10_000) {
      var life = RandomLife(seed: seed)
      let broken = life.live(events: 30)
      if !broken.isEmpty {
        var again = RandomLife(seed: seed, isRecording: true)
        _ = again.live(events: 30)
        Issue.record(
          "seed \(seed): \(broken.joined(separator: "; "))\n\(again.record.joined(separator: "\n"))")
        return
      }
    }
  }
}

/// One profile whose service, operator and readers do random things, the clock included.
private struct RandomLife {
  private var random: SeededRandom
  private var machine: TokenMachine
  private var checker: PromiseChecker
  private var now: BootTime
  private let start = BootTime(nanoseconds: 3_000_000_000_000)
  private var begun: BootTime
  private var isReady: Bool
  private var serial = 0
  private let isRecording: Bool
  /// What happened and what was done, a line for each event.
  private(set) var record: [String] = []

  init(seed: UInt64, isRecording: Bool = false) {
    self.isRecording = isRecording
    random = SeededRandom(seed: seed)
    var policy = Self.policy(&random)
    if seed % 3 == 0 { policy = RefreshPolicy() }
    isReady = Bool.random(using: &random)
    machine = TokenMachine(policy: policy, isReady: isReady)
    checker = PromiseChecker(policy: policy)
    now = start
    begun = now
  }

  mutating func live(events: Int) -> [String] {
    send(.started(held: heldToken(), changed: change()))
    for _ in 0..<events where checker.broken.isEmpty {
      passTime()
      if Int.random(in: 0..<12, using: &random) == 0 { restart() } else { send(nextEvent()) }
    }
    return checker.broken + recover()
  }

  /// The process dies, and the next one begins a moment later with what was stored.
  private mutating func restart() {
    let published = checker.published
    checker.restart()
    now = now + .milliseconds(Int.random(in: 1...3000, using: &random))
    begun = now
    isReady = false
    machine = TokenMachine(policy: machine.policy)
    let held = published.flatMap { $0.isValid(at: now) ? $0 : nil }
    send(.started(held: held, retry: checker.stored, changed: change()))
  }

  private mutating func change() -> CredentialsChange? {
    [nil, nil, nil, .credentials, .endpoint].randomElement(using: &random) ?? nil
  }

  private mutating func send(_ event: TokenMachine.Event) {
    let isLenient = !isReady && now - begun < .seconds(30)
    let actions = machine.handle(event, now: now, random: &random)
    if isRecording { record.append("\((now - start).inSeconds): \(event) -> \(actions); \(machine.phase)") }
    checker.check(event, actions, now: now, isLenient: isLenient)
  }

  /// Lets up to two hours pass; the machine is woken when it asked to be, as the timer does, unless the
  /// host was suspended.
  private mutating func passTime() {
    let span = Duration.seconds(
      [0, 0.001, 1, 10, 60, 600, 7200].randomElement(using: &random).map {
        Double.random(in: 0...$0, using: &random)
      } ?? 0)
    let end = now + span
    let isSuspended = Int.random(in: 0..<20, using: &random) == 0
    var wakeUps = 0
    while !isSuspended, let due = machine.wakeAt, due <= end, wakeUps < 50 {
      now = max(now, due)
      send(.woke)
      wakeUps += 1
      if machine.isRequesting, Bool.random(using: &random) { send(answer()) }
    }
    now = max(now, end)
    send(.woke)
  }

  private mutating func nextEvent() -> TokenMachine.Event {
    switch Int.random(in: 0..<15, using: &random) {
    case 0: return .credentialsChanged(change() ?? .credentials)
    case 1:
      return .policyChanged(Self.policy(&random))
    case 2: return .refreshWanted(.requested)
    case 3: return .refreshWanted(.minimumValidity(.seconds(Int.random(in: 0...7200, using: &random))))
    case 4:
      return .refreshWanted(.refused(machine.token?.token ?? Secret("unknown")))
    case 5:
      isReady = true
      return .becameReady
    case 6: return .woke
    case 7: return .requestSent
    default: return machine.isRequesting ? answer() : .woke
    }
  }

  private mutating func answer() -> TokenMachine.Event {
    if Bool.random(using: &random) { return .granted(grant()) }
    let retryAfter = Duration.seconds(Int.random(in: 0...3600, using: &random))
    let causes: [ExchangeFailure] = [
      .network(host: "h", reason: "reset"), .status(500, retryAfter: nil), .status(401, retryAfter: nil),
      .status(404, retryAfter: nil), .status(429, retryAfter: retryAfter), .status(429, retryAfter: nil),
      .status(503, retryAfter: retryAfter), .unusableAnswer(.html), .abandoned,
      .gatewayPage(403), .credentialsUnavailable(reason: "gone"), .status(429, retryAfter: .zero),
    ]
    return .failed(causes.randomElement(using: &random) ?? .abandoned)
  }

  private mutating func grant() -> TokenGrant {
    let isSame = Int.random(in: 0..<5, using: &random) == 0
    if !isSame { serial += 1 }
    let lifetime = [1, 5, 59, 299, 301, 3600, 86_400].randomElement(using: &random) ?? 60
    let isEarly = Int.random(in: 0..<8, using: &random) == 0
    return TokenGrant(
      token: Secret("token \(serial)"), lifetime: .seconds(lifetime),
      validAfter: isEarly ? .seconds(Int.random(in: 61...4000, using: &random)) : .zero,
      issuedAt: Bool.random(using: &random) ? 1_700_000_000 : nil)
  }

  private mutating func heldToken() -> HeldToken? {
    guard Bool.random(using: &random) else { return nil }
    let refreshIn = Duration.seconds(Int.random(in: -100...100, using: &random))
    let held = grant()
    let deadline = now - .seconds(50) + held.lifetime
    return HeldToken(
      grant: held, requestedAt: now - .seconds(50), refreshAt: min(now + refreshIn, deadline))
  }

  /// The service is well again: how long until readers have a valid token?
  private mutating func recover() -> [String] {
    for attempt in 0..<20 {
      if let token = machine.token, token.isValid(at: now), machine.lastFailure == nil {
        return checker.broken
      }
      if !machine.isRequesting {
        guard let due = machine.wakeAt else { return ["nothing is planned, so nothing will ever happen"] }
        now = max(now, due)
        send(.woke)
      }
      if machine.isRequesting {
        send(.granted(TokenGrant(token: Secret("well \(attempt)"), lifetime: .seconds(3600))))
      }
    }
    return ["no valid token after 20 wake-ups with a service that is well"]
  }

  private static func policy(_ random: inout SeededRandom) -> RefreshPolicy {
    var policy = RefreshPolicy()
    policy.at = Double.random(in: 0.1...0.9, using: &random)
    policy.jitter = Double.random(in: 0...min(0.5, policy.at), using: &random)
    policy.retryMin = .milliseconds(Int.random(in: 100...5000, using: &random))
    policy.retryMax = policy.retryMin + .seconds(Int.random(in: 0...600, using: &random))
    policy.rejectedRetry = .seconds(Int.random(in: 1...2000, using: &random))
    return policy
  }
}
