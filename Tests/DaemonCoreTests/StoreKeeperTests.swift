import Testing
import TokenCore

@testable import DaemonCore

@Suite("The descriptor store")
struct StoreKeeperTests {
  private var keeper = StoreKeeper()
  private var source = SystemRandomNumberGenerator()
  /// What the manager has, and what it was told and hasn't answered.
  private var held: Set<StoreName> = []
  private var unanswered: [StoreName] = []

  private func record(_ profile: String, _ endpoint: String) -> ProfileRecord {
    ProfileRecord(
      profile: profile, endpoint: endpoint, held: nil, retry: RetryState(), tokenFingerprint: nil,
      requestFingerprint: nil, fingerprintKey: Secret("key"))
  }

  /// Does `body` at that second, and what it says to the manager.
  @discardableResult
  private mutating func turn<T>(at second: Int, _ body: (inout StoreKeeper, inout Turn) -> T) -> T {
    let reading = ClockReading(now: BootTime(nanoseconds: 0) + .seconds(second), timeOfDay: 0)
    var turn = Turn(reading, random: TurnRandom(&source), agenda: DueQueue())
    let result = body(&keeper, &turn)
    for effect in turn.effects {
      switch effect {
      case .store(let name, _):
        held.insert(name)
        unanswered.append(name)
      case .unstore(let name): held.remove(name)
      default: Issue.record("\(effect)")
      }
    }
    return result
  }

  /// The manager's answers until there are no more, with the profiles that may go on; the most entries that it ever had.
  private mutating func answerAll(at second: Int) -> (goneOn: [String], most: Int) {
    var goneOn: [String] = []
    var most = held.count
    while !unanswered.isEmpty {
      let name = unanswered.removeFirst()
      if let profile = turn(at: second, { $0.stored(name, nil, &$1) }) { goneOn.append(profile) }
      most = max(most, held.count)
    }
    return (goneOn, most)
  }

  @Test(
    "a thousand records that change at once are replaced few at a time, and each profile goes on in its turn")
  mutating func replaced() {
    let names = (0..<1000).map { "profile-\($0)" }
    for name in names { turn(at: 0) { [record = record(name, "a")] in $0.keep(record, &$1) } }
    #expect(unanswered.count == StoreKeeper.mostAtOnce)
    #expect(keeper.mayGoOn(names[999], BootTime(nanoseconds: 0)) == false)
    let first = answerAll(at: 0).goneOn
    #expect(first == names)
    #expect(held.count == 1000)

    for name in names { turn(at: 1) { [record = record(name, "b")] in $0.keep(record, &$1) } }
    // One that changes again while it waits is stored once, as it is then.
    turn(at: 1) { [record = record(names[500], "c")] in $0.keep(record, &$1) }
    let (goneOn, most) = answerAll(at: 1)
    #expect(goneOn == names)
    #expect(most <= 1000 + StoreKeeper.mostAtOnce)
    #expect(held.count == 1000)
  }

  @Test("a profile that is forgotten while it waits holds up none")
  mutating func forgotten() {
    let names = (0..<100).map { "profile-\($0)" }
    for name in names { turn(at: 0) { [record = record(name, "a")] in $0.keep(record, &$1) } }
    for name in names.prefix(90) { turn(at: 0) { $0.forget(name, &$1) } }
    let goneOn = answerAll(at: 0).goneOn
    #expect(goneOn == Array(names.suffix(10)))
    #expect(held.count == 10)
  }

  @Test("where the manager doesn't answer, waiting profiles go on after a second without it")
  mutating func stuck() {
    let names = (0..<40).map { "profile-\($0)" }
    for name in names { turn(at: 0) { [record = record(name, "a")] in $0.keep(record, &$1) } }
    #expect(names.allSatisfy { !keeper.mayGoOn($0, BootTime(nanoseconds: 0)) })
    let later = BootTime(nanoseconds: 0) + .seconds(1)
    #expect(names.allSatisfy { keeper.mayGoOn($0, later) })
    for name in names {
      let goesOn = turn(at: 1) { $0.isOverdue(name, &$1) }
      #expect(goesOn)
    }
    #expect(!keeper.isStuck)
  }
}
