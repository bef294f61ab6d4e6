import Testing

@testable import DaemonCore

@Suite("What is due next")
struct DueQueueTests {
  @Test("comes in order, however times were set, changed and taken out")
  func order() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      var queue = DueQueue<Int, Int>()
      var expected: [Int: Int] = [:]
      for _ in 0..<200 {
        let key = Int.random(in: 0..<40, using: &random)
        let time = Int.random(in: 0..<4, using: &random) == 0 ? nil : Int.random(in: 0..<100, using: &random)
        queue.set(key, time)
        expected[key] = time
      }
      #expect(queue.count == expected.count)
      #expect(expected.allSatisfy { queue.time(of: $0.key) == $0.value })
      var taken: [Int] = []
      while let first = queue.removeFirst() {
        #expect(expected.removeValue(forKey: first.key) == first.time)
        taken.append(first.time)
      }
      #expect(expected.isEmpty)
      #expect(taken == taken.sorted())
    }
  }
}
