import TokenCore

/// A host with assetit-tokend: the state machine that the daemon runs, with the settings it is delivered with.
struct TokendHost: FleetHost {
  /// The machine knows a token that it has had before by its bytes, so two take turns. All hosts share them:
  /// nobody looks into a token here, and a million hosts should fit into memory.
  private static let tokens = [Secret("first"), Secret("second")]

  private var machine = TokenMachine(policy: RefreshPolicy(), isReady: true)
  private var grants = 0
  private(set) var wakesAt = BootTime.zero

  mutating func start(_ now: BootTime, _ random: inout SeededRandom) {
    _ = machine.handle(.started(held: nil), now: now, random: &random)
    wakesAt = machine.nextAttempt ?? now
  }

  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool {
    if !machine.isRequesting { _ = machine.handle(.woke, now: now, random: &random) }
    if !machine.isRequesting { wakesAt = machine.nextAttempt ?? .never }
    return machine.isRequesting
  }

  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom) {
    let event: TokenMachine.Event
    switch answer {
    case .granted(let lifetime):
      grants &+= 1
      event = .granted(TokenGrant(token: Self.tokens[grants & 1], lifetime: lifetime))
    case .unavailable:
      event = .failed(.status(503, retryAfter: nil))
    case .throttled(let retryAfter):
      event = .failed(.status(429, retryAfter: retryAfter))
    }
    _ = machine.handle(event, now: now, random: &random)
    wakesAt = machine.nextAttempt ?? .never
  }
}
