import Testing
import TokenCore

@Suite("The budget of descriptors")
struct DescriptorBudgetTests {
  @Test("Its shares, the sockets of the profiles and the reserve are never more than there are")
  func sum() {
    for limit in [128, 256, 512, 1024, 4096, 65_536, 1 << 20, 1 << 40] {
      for profiles in [1, 10, 40] {
        let budget = DescriptorBudget(limit: limit, profiles: profiles)
        let sum =
          budget.reserve + profiles + budget.waitingReaders + 2 * budget.connections
          + budget.metricsConnections
          + budget.replacedFiles
        #expect(sum <= limit, "\(limit) \(profiles) \(budget)")
        #expect(budget.reserve >= min(limit / 4, 256))
        #expect(budget.demands <= budget.connections)
      }
    }
  }

  @Test("With many descriptors the shares are as documented")
  func ample() {
    let budget = DescriptorBudget(limit: 65_536, profiles: 1000)
    #expect(budget.waitingReaders == 16_384)
    #expect(budget.connections == 4096)
    #expect(budget.metricsConnections == 32)
    #expect(budget.demands == 2048)
  }

  @Test("A limit that makes no sense is no trap", arguments: [Int.min, -1, 0, 1, 7, .max])
  func absurd(limit: Int) {
    for profiles in [Int.min, 0, 1, .max] {
      let budget = DescriptorBudget(limit: limit, profiles: profiles)
      #expect(budget.connections >= 2)
      #expect(budget.waitingReaders >= 2)
      #expect(budget.metricsConnections >= 1)
    }
  }
}
