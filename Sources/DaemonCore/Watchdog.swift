import TokenCore

/// Whether the manager may be told that the daemon lives: the loop that decides has come round, and every other loop
/// that must never block has as well since it was last asked to. Disks, the log and the bus aren't judged.
struct Watchdog {
  /// After which time without a sign the manager ends the process.
  private let limit: Duration
  private var askedAt: [Loop: BootTime] = [:]
  private var told: Set<Loop> = []

  init(limit: Duration) {
    self.limit = limit
  }

  /// How often to give a sign.
  private var interval: Duration { limit / 3 }

  /// Gives a sign if every loop lives, and asks those that answered to answer again.
  mutating func beat(_ loops: [Loop], _ turn: inout Turn) {
    let hanging = loops.filter { loop in askedAt[loop].map { turn.now - $0 >= limit } ?? false }
    for loop in hanging where told.insert(loop).inserted { turn.log(.loopHangs(loop)) }
    if hanging.isEmpty { turn.notify(.watchdog) }
    let asked = loops.filter { askedAt[$0] == nil }
    for loop in asked { askedAt[loop] = turn.now }
    if !asked.isEmpty { turn.emit(.probe(asked)) }
    turn.agenda.set(.watchdog, turn.now + interval)
  }

  /// A loop lives. The one that goes on after a hang must not be ended for having hung: there may be little time left.
  mutating func answered(_ loop: Loop, _ turn: inout Turn) {
    askedAt[loop] = nil
    if told.remove(loop) != nil, told.isEmpty { turn.agenda.set(.watchdog, turn.now) }
  }
}
