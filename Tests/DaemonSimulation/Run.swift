internal import Synchronization
import TokenCore

#if canImport(Glibc)
  internal import Glibc
#endif

/// Many lives on several threads, and their summary. The summary is the same on each run, but for its last line.
package final class Run: Sendable {
  private struct Progress {
    var next: UInt64
    var lived = 0
    var statistics = LifeStatistics()
    var broken: [UInt64: Violation] = [:]

    var first: UInt64? { broken.keys.min() }
  }

  private let lives: UInt64
  private let seed: UInt64
  private let threads: Int
  private let stopsAtFirst: Bool
  private let progress: Mutex<Progress>

  /// `stopsAtFirst`: a violation ends it, and is told in one line.
  package init(lives: UInt64, seed: UInt64, threads: Int, stopsAtFirst: Bool = false) {
    self.lives = lives
    self.seed = seed
    self.threads = threads
    self.stopsAtFirst = stopsAtFirst
    progress = Mutex(Progress(next: 0))
  }

  /// - Returns: whether no rule was broken.
  package func perform() -> Bool {
    let began = Self.clock(CLOCK_MONOTONIC)
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
    let taken = Self.clock(CLOCK_MONOTONIC) - began
    return summarize(taken, Self.clock(CLOCK_PROCESS_CPUTIME_ID))
  }

  private static func clock(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func work() {
    while let number = take() {
      let outcome = Life.live(Plan(seed: seed &+ number))
      progress.withLock { progress in
        progress.lived += 1
        progress.statistics.add(outcome.statistics)
        progress.broken[seed &+ number] = outcome.violation
      }
    }
  }

  private func take() -> UInt64? {
    progress.withLock { progress in
      guard progress.next < lives, !stopsAtFirst || progress.broken.isEmpty else { return nil }
      defer { progress.next += 1 }
      return progress.next
    }
  }

  private func summarize(_ taken: Double, _ used: Double) -> Bool {
    let result = progress.withLock { $0 }
    if stopsAtFirst, let first = result.first, let violation = result.broken[first] {
      print("life \(first - seed + 1), seed \(first)\t\(violation.rule.rawValue)\t\(violation.text)")
      return false
    }
    let statistics = result.statistics
    for (kind, count) in statistics.counts.sorted(by: { $0.key < $1.key }) { print("  \(count)\t\(kind)") }
    print("\(statistics.events) events, \(statistics.effects) effects")
    print("slowest recovery: \(Int(statistics.slowestRecovery.inSeconds)) s after everything was well again")
    for (seed, violation) in result.broken.sorted(by: { $0.key < $1.key }).prefix(20) {
      print("seed \(seed): \(violation.rule.rawValue): \(violation.text)")
    }
    if let first = result.first { explain(first) }
    let hours = statistics.length.inSeconds / 3_600
    print(
      "\(Int(hours * 60 / max(taken, 0.001))) hours a minute; \(Int(used)) s of CPU time in \(Int(taken)) s")
    print("\(result.lived) lives, \(Int(hours)) hours of virtual time, \(result.broken.count) violations")
    return result.broken.isEmpty
  }

  private func explain(_ seed: UInt64) {
    let short = Life.shorten(Plan(seed: seed))
    let outcome = Life.live(short, traced: true)
    print("\nseed \(seed) breaks a rule; \(short.items.count) happenings of it suffice:")
    print(
      "  \(short.profiles) profiles, lifetime \(Int(short.lifetime.inSeconds)) s, systemd \(short.systemd)")
    for item in short.items { print("  \(item.at.inSeconds) s: \(item.happening)") }
    for line in outcome.trace { print("    \(line)") }
    print("  \(outcome.at.inSeconds) s: \(outcome.violation?.text ?? "nothing: it can't be repeated")\n")
  }
}
