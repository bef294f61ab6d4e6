import TokenCore

/// Vault Agent's auto-auth with a token that can't be renewed, as AssetIT's: it authenticates anew after two
/// thirds of the lifetime and a third of a grace period of 10 to 20 % of it (`api/lifetime_watcher.go`). After a
/// failure it waits 1 s, doubling to 5 min, each wait up to a quarter shorter (`sdk/helper/backoff`). It doesn't
/// look at Retry-After.
struct VaultHost: FleetHost {
  private(set) var wakesAt = BootTime.zero
  private var wait = 0.0

  mutating func start(_ now: BootTime, _ random: inout SeededRandom) { wakesAt = now }

  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool { true }

  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom) {
    if case .granted(let lifetime) = answer {
      let grace = random.between(0.1, 0.2)
      wakesAt = now.after(lifetime.inSeconds * (2 + grace) / 3)
      wait = 0
    } else {
      wait = wait == 0 ? 1 : min(2 * wait, 300)
      wait *= 1 - 0.25 * random.between(0, 1)
      wakesAt = now.after(wait)
    }
  }
}

/// SPIRE agent: every 5 s it asks whether less than half of the lifetime ± 10 % is left, with a new random number
/// each time (`pkg/common/rotationutil`). After a failure it waits 5 s, growing by a half to 2 min, ± 10 %
/// (`pkg/agent/common/backoff`).
struct SpireHost: FleetHost {
  private(set) var wakesAt = BootTime.zero
  private var wait = 5.0

  mutating func start(_ now: BootTime, _ random: inout SeededRandom) { wakesAt = now }

  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool { true }

  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom) {
    if case .granted(let lifetime) = answer {
      let seconds = lifetime.inSeconds
      // No number that is drawn before this age can say yes.
      var age = 0.45 * seconds + random.between(0, 5)
      while seconds - age > random.between(0.45 * seconds, 0.55 * seconds) { age += 5 }
      wakesAt = now.after(age)
      wait = 5
    } else {
      wakesAt = now.after(wait * random.between(0.9, 1.1))
      wait = min(1.5 * wait, 120)
    }
  }
}

/// kubelet's tokens for pods: with each synchronization of a pod, every 60 to 90 s, it looks whether 80 % of the
/// lifetime less up to 10 s has passed (`pkg/kubelet/token/token_manager.go`); the next one comes after a failure
/// too.
struct KubeletHost: FleetHost {
  private(set) var wakesAt = BootTime.zero

  mutating func start(_ now: BootTime, _ random: inout SeededRandom) { wakesAt = now }

  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool { true }

  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom) {
    var wait = 0.0
    if case .granted(let lifetime) = answer {
      let due = 0.8 * lifetime.inSeconds - random.between(0, 10)
      // The synchronization after that moment: at a random place between two of them.
      wait = due + random.between(0, 75)
    } else {
      wait = random.between(60, 90)
    }
    wakesAt = now.after(wait)
  }
}

/// A script that cron(8) runs at each full hour; clocks agree, so that all come within the same second.
struct CronHost: FleetHost {
  private static let hour = Duration.seconds(3600).nanoseconds

  private(set) var wakesAt = BootTime.zero

  mutating func start(_ now: BootTime, _ random: inout SeededRandom) { plan(now, &random) }

  mutating func wake(_ now: BootTime, _ random: inout SeededRandom) -> Bool { true }

  mutating func receive(_ answer: ServiceAnswer, _ now: BootTime, _ random: inout SeededRandom) {
    plan(now, &random)
  }

  private mutating func plan(_ now: BootTime, _ random: inout SeededRandom) {
    let full = BootTime(nanoseconds: (now.nanoseconds / Self.hour + 1) * Self.hour)
    wakesAt = full.after(random.between(0, 1))
  }
}
