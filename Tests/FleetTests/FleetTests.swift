import Testing

@testable import assetit_fleet

@Suite("A fleet of hosts")
struct FleetTests {
  @Test("has the same life again with the same seed", arguments: FleetPolicy.allCases)
  func repeats(policy: FleetPolicy) async {
    let run = FleetRun(policy: policy, scenario: .shortOutage, hosts: 20, seed: 3)
    let (first, second) = (await run.record(), await run.record())
    #expect(first.requests == second.requests)
    let other = FleetRun(policy: policy, scenario: .shortOutage, hosts: 20, seed: 4)
    #expect(await other.record().requests != first.requests)
  }

  @Test("asks at once when it starts together, and is spread over a fifth of a lifetime from then on")
  func together() async {
    let hosts = 500
    let run = FleetRun(policy: .tokend, scenario: .together, hosts: hosts, seed: 1)
    let requests = await run.record().requests
    #expect(requests[..<2].reduce(0, +) == UInt32(hosts))
    let second = requests.indices.filter { requests[$0] > 0 && (60..<60_000).contains($0) }
    #expect(second.allSatisfy { (34_000...52_000).contains($0) })
    #expect(FleetSummary(await run.record(), of: run).busiestMinute < 0.2)
  }

  @Test("has tokens again within the longest wait after two days without the service")
  func longOutage() async throws {
    let run = FleetRun(policy: .tokend, scenario: .longOutage, hosts: 200, seed: 1)
    let summary = FleetSummary(await run.record(), of: run)
    #expect(try #require(summary.secondsUntil99) <= 300)
  }

  @Test("gets its tokens from a service with a limit as soon as the limit allows")
  func limited() {
    let result = LimitedRun(policy: .tokend, hosts: 300, perMinute: 30, seed: 1).result()
    #expect(result.secondsUntil99 <= 300 * 60 / 30 + 300)
  }

  @Test("writes figures as people read them")
  func figures() {
    #expect(grouped(7) == "7")
    #expect(grouped(1_234_567) == "1,234,567")
    #expect(figure(0.054) == "0.05")
    #expect(figure(9.876) == "9.88")
    #expect(figure(1234.6) == "1,235")
  }
}
