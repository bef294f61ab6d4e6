package import TokenCore

/// What the daemon would do after such an answer, by its own state machine: a daemon that has no token yet.
package struct NextStep: Equatable, Sendable {
  /// Whether readers would get the token; `nil` where there is none.
  package let isPublished: Bool
  /// `nil`: there is no token.
  package let lifetime: Duration?
  /// Of the next request, counted from this one. Jitter decides between these.
  package let earliest: Duration
  package let latest: Duration
  /// The failure's class.
  package let failureClass: FailureClass?

  private static let samples: UInt64 = 64

  package init(after result: Result<TokenGrant, ExchangeFailure>, _ policy: RefreshPolicy) {
    let start = BootTime(nanoseconds: 1_000_000_000)
    var waits: [Duration] = []
    var isPublished = false
    for seed in 1...Self.samples {
      var random = SampledRandom(state: seed)
      var machine = TokenMachine(policy: policy)
      _ = machine.handle(.started(held: nil), now: start, random: &random)
      let event: TokenMachine.Event =
        switch result {
        case .success(let grant): .granted(grant)
        case .failure(let failure): .failed(failure)
        }
      let actions = machine.handle(event, now: start, random: &random)
      isPublished = actions.contains { if case .publish = $0 { true } else { false } }
      if let next = machine.nextAttempt { waits.append(next - start) }
    }
    self.isPublished = isPublished
    earliest = waits.min() ?? .zero
    latest = waits.max() ?? .zero
    switch result {
    case .success(let grant): (lifetime, failureClass) = (grant.lifetime, nil)
    case .failure(let failure): (lifetime, failureClass) = (nil, failure.failureClass)
    }
  }
}

/// SplitMix64: the same samples each time.
private struct SampledRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
