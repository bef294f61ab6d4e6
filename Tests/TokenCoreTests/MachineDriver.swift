import TestSupport
import TokenCore

/// A machine with a clock that the test moves.
struct MachineDriver {
  var machine: TokenMachine
  var now = BootTime(nanoseconds: 1_000_000_000_000)
  var random = SeededRandom(seed: 7)
  /// What was stored last.
  var stored: RetryState?

  init(_ change: (inout RefreshPolicy) -> Void = { _ in }, isReady: Bool = true) {
    var policy = RefreshPolicy()
    change(&policy)
    machine = TokenMachine(policy: policy, isReady: isReady)
  }

  mutating func send(
    _ event: TokenMachine.Event, after wait: Duration = .zero
  ) -> [TokenMachine.Action] {
    now = now + wait
    let actions = machine.handle(event, now: now, random: &random)
    for case .store(let state) in actions { stored = state }
    return actions.filter { if case .store = $0 { false } else { true } }
  }

  /// Starts and is granted `name` at once.
  mutating func hold(_ name: String, lifetime: Duration) {
    _ = send(.started(held: nil))
    _ = send(.granted(grant(name, lifetime)))
  }

  /// Ends this process and begins the next one with what it stored.
  mutating func restart(
    after wait: Duration = .zero, held: HeldToken? = nil, changed: CredentialsChange? = nil
  ) -> [TokenMachine.Action] {
    machine = TokenMachine(policy: machine.policy, isReady: false)
    return send(.started(held: held, retry: stored, changed: changed), after: wait)
  }

  /// Moves the clock to the moment the machine asked for and wakes it there.
  mutating func wakeWhenDue() -> [TokenMachine.Action] {
    if let due = machine.wakeAt { now = max(now, due) }
    return send(.woke)
  }

  /// Seconds from now to the next request; -1 where none is planned.
  var nextAttemptIn: Double {
    machine.nextAttempt.map { ($0 - now).inSeconds } ?? -1
  }
}

func grant(_ name: String, _ lifetime: Duration) -> TokenGrant {
  TokenGrant(token: Secret(name), lifetime: lifetime)
}

extension [TokenMachine.Action] {
  var published: HeldToken? {
    for case .publish(let token) in self { return token }
    return nil
  }

  var failure: TokenMachine.Failure? {
    for case .report(.failed(let failure)) in self { return failure }
    return nil
  }
}
