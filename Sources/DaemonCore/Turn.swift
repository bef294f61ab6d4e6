import TokenCore

/// One input being processed: the clocks' reading, chance, and what is to be done. Every owner of state writes into it
/// what it wants done and when it wants to be asked again.
struct Turn {
  /// What can become due.
  enum Due: Hashable, Sendable {
    /// The state machine of a profile.
    case profile(String)
    /// A profile's record was handed to the manager, and no answer has come.
    case record(String)
    case file(OutletID)
    case socket(String)
    /// A socket's path that couldn't be removed.
    case unbinding(SocketID)
    /// A job that has taken too long.
    case job(JobID)
    /// An exchange whose answer is overdue.
    case exchange(ExchangeNumber)
    case demand(DemandID)
    /// Folders in which everything may have changed are gone through in slices.
    case slice
    case hold, names, status, watchdog, extend, stage, settling
  }

  let reading: ClockReading
  var random: TurnRandom
  private(set) var effects: [Effect] = []
  var agenda: DueQueue<Due, BootTime>

  init(_ reading: ClockReading, random: TurnRandom, agenda: DueQueue<Due, BootTime>) {
    self.reading = reading
    self.random = random
    self.agenda = agenda
  }

  var now: BootTime { reading.now }

  mutating func emit(_ effect: Effect) { effects.append(effect) }
  mutating func log(_ notice: Notice) { effects.append(.log(notice)) }

  /// The daemon ends: a request that has just failed isn't followed by another one.
  mutating func endAttempts() {
    effects = effects.map { effect in
      guard case .log(.profile(let name, .failed(let failure))) = effect else { return effect }
      return .log(.lastFailure(profile: name, failure))
    }
  }

  mutating func notify(_ messages: ManagerMessage...) { effects.append(.notify(messages)) }
}

/// SplitMix64, started anew for each input from the source that was passed in, so that owners of state needn't be
/// generic. It serves jitter and back-off; secrets come from elsewhere.
struct TurnRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ source: inout some RandomNumberGenerator) {
    state = source.next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
