import TokenCore

/// A fleet whose tokens have all ended, and a service that comes back but grants one credential only so many tokens
/// a minute: beyond that it answers 429 with the seconds to the next minute in Retry-After. Here a host's luck
/// depends on the others', so all of them live at once.
struct LimitedRun {
  let policy: FleetPolicy
  let hosts: Int
  let perMinute: Int
  let seed: UInt64

  /// How long the service is gone at first: every host has reached its longest wait by then.
  static let outage = 3600

  struct Result {
    /// From the service's return until 99 % of the hosts had a token.
    let secondsUntil99: Int
    /// Requests that it took, for each token granted.
    let requestsPerToken: Double
  }

  func result() -> Result {
    var random = SeededRandom(seed: seed)
    var fleet = (0..<hosts).map { _ in policy.makeHost() }
    var queue = MomentQueue(capacity: hosts)
    for number in fleet.indices {
      fleet[number].start(.zero.after(random.between(0, 600)), &random)
      queue.add(number, at: fleet[number].wakesAt)
    }
    let back = BootTime.zero.after(Double(Self.outage))
    var granted = 0
    var requests = 0
    var minute = 0
    var grantedInMinute = 0
    while let (number, now) = queue.next() {
      if fleet[number].wake(now, &random) {
        if now < back {
          fleet[number].receive(.unavailable, now, &random)
        } else {
          requests += 1
          let second = now.second
          if second / 60 != minute { (minute, grantedInMinute) = (second / 60, 0) }
          if grantedInMinute < perMinute {
            grantedInMinute += 1
            granted += 1
            if granted * 100 >= hosts * 99 {
              return Result(
                secondsUntil99: second - Self.outage, requestsPerToken: Double(requests) / Double(granted))
            }
            // It has what it wanted, and asks for no other within this run.
            continue
          }
          fleet[number].receive(.throttled(retryAfter: .seconds(60 - second % 60)), now, &random)
        }
      }
      queue.add(number, at: fleet[number].wakesAt)
    }
    return Result(secondsUntil99: .max, requestsPerToken: 0)
  }
}

/// A binary heap of hosts by the moment at which each wakes.
private struct MomentQueue {
  private var entries: [(at: BootTime, number: Int)] = []

  init(capacity: Int) {
    entries.reserveCapacity(capacity)
  }

  mutating func add(_ number: Int, at moment: BootTime) {
    entries.append((moment, number))
    var child = entries.count - 1
    while child > 0, entries[child].at < entries[(child - 1) / 2].at {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (number: Int, at: BootTime)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return (first.number, first.at) }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2
      where child < entries.count && entries[child].at < entries[least].at {
        least = child
      }
      if least == parent { return (first.number, first.at) }
      entries.swapAt(least, parent)
      parent = least
    }
  }
}
