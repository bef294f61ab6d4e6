import DaemonCore
import LinuxSystem
import TokenCore

@testable import TokenService

/// A generator whose numbers don't matter to the test, but are the same each time.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64 = 7

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

let start = BootTime(nanoseconds: 1_000_000_000_000)
/// 2023-11-14T22:13:20Z.
let startOfDay = 1_700_000_000.0
let startMoment = ClockReading(now: start, timeOfDay: startOfDay)

func makeHeader(
  _ token: String, prefix: String = "JWT ", lifetime: Duration = .seconds(60),
  at requestedAt: BootTime = start
) -> Header {
  let held = HeldToken(
    grant: TokenGrant(token: Secret(token), lifetime: lifetime), requestedAt: requestedAt,
    refreshAt: requestedAt)
  return Header(profile: "default", prefix: prefix, held: held, now: requestedAt, timeOfDay: startOfDay)
}

func makeProfile(_ name: String, _ change: (inout ProfileConfiguration) -> Void = { _ in })
  -> ProfileConfiguration
{
  var profile = ProfileConfiguration(
    name: name, exchange: ExchangeSettings(baseURL: "https://assetit.example"),
    clientID: .inline(Secret("id")),
    clientSecret: .inline(Secret("secret")), socket: SocketConfiguration(path: "/run/\(name).sock"),
    files: [FileConfiguration(path: "/run/\(name).header")])
  change(&profile)
  return profile
}

func makeConfiguration(_ profiles: [ProfileConfiguration]) -> Configuration {
  Configuration(api: APIConfiguration(), profiles: profiles)
}

/// A state machine in a state of its life, at ``start``.
struct MachineFixture {
  var machine = TokenMachine(policy: RefreshPolicy(), isReady: true)
  private var random = SeededRandom()

  /// `tokens` and `failures` in this order; a failure comes after the wait before it.
  static func holding(_ token: String?, failing cause: ExchangeFailure? = nil) -> TokenMachine {
    var fixture = MachineFixture()
    fixture.send(.started(held: nil))
    if let token {
      fixture.send(.granted(TokenGrant(token: Secret(token), lifetime: .seconds(3600))))
      if cause != nil { fixture.send(.refreshWanted(.requested)) }
    }
    if let cause { fixture.send(.failed(cause)) }
    return fixture.machine
  }

  private mutating func send(_ event: TokenMachine.Event) {
    _ = machine.handle(event, now: start, random: &random)
  }
}
