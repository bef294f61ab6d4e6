internal import Synchronization
import TokenCore

#if canImport(Glibc)
  internal import Glibc
#endif

/// Many lives on several threads, and their summary.
package final class Run: Sendable {
  private struct Progress {
    var next: UInt64
    var lived = 0
    var statistics = LifeStatistics()
    var broken: UInt64?
  }

  private let lives: UInt64
  private let seed: UInt64
  private let threads: Int
  private let progress: Mutex<Progress>

  package init(lives: UInt64, seed: UInt64, threads: Int) {
    self.lives = lives
    self.seed = seed
    self.threads = threads
    progress = Mutex(Progress(next: 0))
  }

  /// - Returns: whether no rule was broken.
  package func perform() -> Bool {
    var handles: [pthread_t] = []
    for _ in 0..<threads {
      let work = Unmanaged.passRetained(self)
      var handle = pthread_t()
      let result = pthread_create(
        &handle, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Run>.fromOpaque(argument).takeRetainedValue().work()
          return nil
        }, work.toOpaque())
      if result == 0 { handles.append(handle) } else { work.release() }
    }
    if handles.isEmpty { work() }
    for handle in handles { pthread_join(handle, nil) }
    return summarize()
  }

  private func work() {
    while let number = take() {
      let outcome = Life.live(Plan(seed: seed &+ number))
      progress.withLock { progress in
        progress.lived += 1
        progress.statistics.add(outcome.statistics)
        if outcome.violation != nil { progress.broken = min(progress.broken ?? .max, seed &+ number) }
      }
    }
  }

  private func take() -> UInt64? {
    progress.withLock { progress in
      guard progress.next < lives, progress.broken == nil else { return nil }
      defer { progress.next += 1 }
      return progress.next
    }
  }

  private func summarize() -> Bool {
    let (lived, statistics, broken) = progress.withLock { ($0.lived, $0.statistics, $0.broken) }
    for (kind, count) in statistics.counts.sorted(by: { $0.key < $1.key }) { print("  \(count)\t\(kind)") }
    print("\(statistics.events) events, \(statistics.effects) effects")
    print("slowest recovery: \(Int(statistics.slowestRecovery.inSeconds)) s after everything was well again")
    if let broken { explain(broken, lived) }
    let hours = Int(statistics.length.inSeconds / 3_600)
    print("\(lived) lives, \(hours) hours of virtual time, \(broken == nil ? 0 : 1) violations")
    return broken == nil
  }

  private func explain(_ seed: UInt64, _ lived: Int) {
    let short = Life.shorten(Plan(seed: seed))
    let outcome = Life.live(short, traced: true)
    print("\nseed \(seed) breaks a rule (life \(lived)); \(short.items.count) happenings of it suffice:")
    print(
      "  \(short.profiles) profiles, lifetime \(Int(short.lifetime.inSeconds)) s, systemd \(short.systemd)")
    for item in short.items { print("  \(item.at.inSeconds) s: \(item.happening)") }
    for line in outcome.trace { print("    \(line)") }
    print("  \(outcome.at.inSeconds) s: \(outcome.violation ?? "nothing: it can't be repeated")\n")
  }
}
