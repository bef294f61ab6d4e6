import TokenCore

/// One host of a fleet, with the rules by which it asks for tokens. Virtual time: a moment is an argument.
protocol FleetHost {
  /// The host has come up at `now`, with no token.
  mutating func start(_ now: BootTime, _ random: inout SeededRandom)
  /// When it next wants to do something.
  var wakesAt: BootTime { get }
  /// Its moment has come; whether it sends a request.
  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool
  /// The service's answer to that request. Answers take no time here: what matters is when requests come.
  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom)
}

/// What the service says to a request for a token.
enum ServiceAnswer: Equatable {
  case granted(lifetime: Duration)
  /// It is out of order.
  case unavailable
  /// 429 with `Retry-After`.
  case throttled(retryAfter: Duration)
}

/// The policies that are compared.
enum FleetPolicy: String, CaseIterable {
  case tokend, vault, spire, kubelet, cron

  var title: String {
    switch self {
    case .tokend: "assetit-tokend"
    case .vault: "Vault Agent"
    case .spire: "SPIRE agent"
    case .kubelet: "kubelet"
    case .cron: "cron, hourly"
    }
  }

  func makeHost() -> any FleetHost {
    switch self {
    case .tokend: TokendHost()
    case .vault: VaultHost()
    case .spire: SpireHost()
    case .kubelet: KubeletHost()
    case .cron: CronHost()
    }
  }
}

/// SplitMix64: small, fast, and the same on every machine, so that a run can be repeated.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Uniform between the two.
  mutating func between(_ lower: Double, _ upper: Double) -> Double {
    lower + (upper - lower) * Double(next() >> 11) * 0x1p-53
  }
}

extension BootTime {
  /// The beginning of every run.
  static let zero = BootTime(nanoseconds: 0)
  /// Later than every run.
  static let never = BootTime(nanoseconds: .max)

  func after(_ seconds: Double) -> BootTime {
    BootTime(nanoseconds: nanoseconds + Int64(seconds * 1e9))
  }

  /// Whole seconds since the beginning.
  var second: Int { Int(nanoseconds / 1_000_000_000) }
}
