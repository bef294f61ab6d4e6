import TestSupport
import Testing
import TokenCore

@Suite("Demands that wait for an exchange")
struct DemandRegisterTests {
  private func demand(_ number: UInt64, _ profile: String = "p", user: UInt32 = 1) -> RefreshDemand {
    RefreshDemand(id: DemandID(number), profile: profile, user: user, wish: .now, patience: .zero)
  }

  private func ids(_ numbers: UInt64...) -> [DemandID] { numbers.map { DemandID($0) } }

  @Test("One user may have half of all demands, and another one still finds room")
  func shares() {
    var register = DemandRegister(limit: 6)
    func add(_ number: UInt64, user: UInt32) -> Bool {
      register.add(demand(number, user: user), exchangesEnded: 0)
    }
    for number in 0..<3 { #expect(add(UInt64(number), user: 1)) }
    #expect(!add(3, user: 1))
    for number in 4..<7 { #expect(add(UInt64(number), user: 2)) }
    #expect(!add(7, user: 3), "all are taken")
    register.cancel(DemandID(0))
    #expect(add(8, user: 3))
    #expect(register.count == 6)
  }

  @Test("A demand is answered once, by the first exchange that ends after it came")
  func answers() {
    var register = DemandRegister(limit: 10)
    func add(_ number: UInt64, _ profile: String, exchangesEnded: Int) -> Bool {
      register.add(demand(number, profile), exchangesEnded: exchangesEnded)
    }
    func answered(_ exchangesEnded: Int) -> [DemandID] {
      register.takeAnswered(of: "p", exchangesEnded: exchangesEnded)
    }
    #expect(add(1, "p", exchangesEnded: 0))
    #expect(add(2, "q", exchangesEnded: 0))
    #expect(add(3, "p", exchangesEnded: 1))
    #expect(answered(1) == ids(1))
    #expect(answered(1) == [])
    #expect(answered(2) == ids(3))
    #expect(!register.hasDemands(of: "p"))
    let others = register.takeAll(of: "q")
    #expect(others == ids(2))
    #expect(register.count == 0)
  }

  @Test("Whatever is added, cancelled and answered in whatever order, the counts go back to nothing")
  func seeded() {
    for seed in 0..<200 {
      var random = SeededRandom(seed: UInt64(seed))
      var register = DemandRegister(limit: 20)
      var there: Set<UInt64> = []
      for number in 0..<UInt64(300) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1:
          let new = demand(
            number, ["p", "q"].randomElement(using: &random) ?? "p", user: .random(in: 0...2, using: &random))
          if register.add(new, exchangesEnded: 0) { there.insert(number) }
        case 2:
          let id = UInt64.random(in: 0...number, using: &random)
          register.cancel(DemandID(id))
          there.remove(id)
        default:
          let ended = Set(register.takeAll(of: "q").map(\.number))
          #expect(ended.isSubset(of: there))
          there.subtract(ended)
        }
        #expect(register.count == there.count)
      }
      for profile in ["p", "q"] { _ = register.takeAll(of: profile) }
      #expect(register.count == 0)
      for user in UInt32(0)...2 { #expect(register.hasRoom(for: user)) }
    }
  }
}
