import TokenCore

/// What the service sees of a fleet, second by second, and when hosts have a token again.
struct FleetRecord: Sendable {
  /// Requests in each second of the run.
  var requests: [UInt32]
  /// Hosts by how many seconds they were without a token after the service's return, or after their own start if
  /// that was later; the last place is for those that never had one again.
  var returns: [UInt32]

  init(seconds: Int) {
    requests = Array(repeating: 0, count: seconds)
    returns = Array(repeating: 0, count: seconds)
  }

  mutating func add(_ other: FleetRecord) {
    for second in requests.indices { requests[second] += other.requests[second] }
    for second in returns.indices { returns[second] += other.returns[second] }
  }
}

/// Hosts of one policy that live through a scenario. As long as the service has no limit, no host changes another's
/// life, so they live one after another, which takes the memory of one.
struct FleetRun: Sendable {
  let policy: FleetPolicy
  let scenario: Scenario
  let hosts: Int
  let seed: UInt64

  func record() async -> FleetRecord {
    let workers = 8
    return await withTaskGroup(of: FleetRecord.self) { group in
      for worker in 0..<workers {
        group.addTask { record(of: stride(from: worker, to: hosts, by: workers)) }
      }
      var sum = FleetRecord(seconds: scenario.window.upperBound)
      for await part in group { sum.add(part) }
      return sum
    }
  }

  private func record(of numbers: StrideTo<Int>) -> FleetRecord {
    var record = FleetRecord(seconds: scenario.window.upperBound)
    for number in numbers {
      // A stream of random numbers of each host's own, whoever computes it.
      var random = SeededRandom(seed: seed &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03)
      switch policy {
      case .tokend: live(TokendHost(), &random, &record)
      case .vault: live(VaultHost(), &random, &record)
      case .spire: live(SpireHost(), &random, &record)
      case .kubelet: live(KubeletHost(), &random, &record)
      case .cron: live(CronHost(), &random, &record)
      }
    }
    return record
  }

  private func live(_ first: some FleetHost, _ random: inout SeededRandom, _ record: inout FleetRecord) {
    var host = first
    let began = scenario.startOf(&random)
    host.start(began, &random)
    let awaited = max(began, .zero.after(Double(scenario.outage?.upperBound ?? 0)))
    let outage = scenario.outage
    var deadline = BootTime.zero
    var returned: Int?
    let end = BootTime.zero.after(Double(record.requests.count))
    while host.wakesAt < end {
      let now = host.wakesAt
      guard host.wake(now, &random) else { continue }
      let second = now.second
      record.requests[second] += 1
      if now >= awaited, returned == nil, deadline > awaited { returned = 0 }
      if let outage, outage.contains(second) {
        host.receive(.unavailable, now, &random)
      } else {
        host.receive(.granted(lifetime: Scenario.lifetime), now, &random)
        deadline = now.after(Double(Scenario.day))
        if now >= awaited, returned == nil { returned = now.second - awaited.second }
      }
    }
    if returned == nil, deadline > awaited { returned = 0 }
    record.returns[min(returned ?? .max, record.returns.count - 1)] += 1
  }
}
