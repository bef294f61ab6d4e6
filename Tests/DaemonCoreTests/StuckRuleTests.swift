import Testing
import TokenCore

@testable import DaemonCore

/// What hangs, and how the daemon ends, as the contract words it.
@Suite("What hangs")
struct StuckRuleTests {
  @Test("is written off after 5 s, harms only its own folder, and is told again when it returns")
  func writeOff() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.hangingFolders = ["/srv/t"]
    daemon.start()
    daemon.grant("one")
    #expect(daemon.header(of: "a") == "JWT one")
    daemon.advance(.milliseconds(4_900))
    #expect(daemon.isReady)
    #expect(!daemon.notices.contains { if case .stuck = $0 { true } else { false } })
    daemon.advance(.milliseconds(200))
    #expect(daemon.notices.contains { if case .stuck("/srv/t", _, _) = $0 { true } else { false } })
    daemon.forgetEffects()
    daemon.give(.signal(.refresh))
    daemon.grant("two")
    #expect(daemon.header(of: "a") == "JWT two")
    let written = daemon.effects.compactMap { effect -> String? in
      if case .perform(_, .writeHeader(let writing)) = effect { writing.file.path } else { nil }
    }
    #expect(written == ["/run/t/a.header"])
    daemon.forgetEffects()
    daemon.release("/srv/t")
    #expect(daemon.notices.contains { if case .unstuck("/srv/t", _) = $0 { true } else { false } })
    // The late answer was of the old token; the new one follows.
    let later = daemon.effects.compactMap { effect -> String? in
      if case .perform(_, .writeHeader(let writing)) = effect { writing.header.token.text } else { nil }
    }
    #expect(later == ["two"])
  }

  @Test("at a stop is the bus for one second, while the header is served on")
  func bus() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.hangsBus = true
    daemon.start()
    daemon.grant("one")
    daemon.advance(.seconds(2))
    // What another daemon may have left went at the start.
    let before = daemon.withdrawals
    daemon.give(.signal(.stop))
    daemon.advance(.milliseconds(990))
    #expect(daemon.withdrawals == before && daemon.exit == nil)
    #expect(daemon.header(of: "a") == "JWT one")
    daemon.advance(.milliseconds(1_100))
    #expect(Set(daemon.withdrawals.dropFirst(before.count)) == ["/run/t/a.header", "/srv/t/a.header"])
    #expect(daemon.exit == .ok)
  }

  @Test("A restart leaves header files where they are")
  func restart() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.managerJob = .restart
    daemon.start()
    daemon.grant("one")
    daemon.advance(.seconds(2))
    let before = daemon.withdrawals
    daemon.give(.signal(.stop))
    daemon.advance(.seconds(2))
    #expect(daemon.withdrawals == before)
    #expect(daemon.exit == .ok)
    var next = daemon.restarted(after: .seconds(1))
    next.start()
    #expect(next.header(of: "a") == "JWT one")
    #expect(next.sent.isEmpty)
  }

  @Test("A restart during which a token ends goes on, as where the host is suspended meanwhile")
  func restartOverTheEnd() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.managerJob = .restart
    daemon.hangsDrain = true
    daemon.start()
    daemon.grant("one")
    daemon.advance(.seconds(2))
    daemon.give(.signal(.stop))
    daemon.suspend(.seconds(4_000))
    daemon.advance(.seconds(2))
    #expect(daemon.exit == .ok)
    #expect(daemon.header(of: "a") == nil)
  }

  @Test("Of two records of a profile the newer counts, in whatever order they come, and the older goes")
  func newest() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    daemon.grant("old")
    let old = daemon.store
    daemon.give(.signal(.refresh))
    daemon.grant("new")
    for entries in [old + daemon.store, daemon.store + old] {
      var found = Inheritance()
      for (name, content) in entries {
        if case .record(let record) = content { found.records.append(.init(entry: name, record: record)) }
      }
      #expect(found.records.count == 2)
      var next = Daemon(daemon.configuration.profiles, at: daemon.now + .seconds(1))
      next.give(.started(found))
      #expect(next.header(of: "a") == "JWT new")
      let oldNames = found.records.filter { $0.record.held?.token.text == "old" }.map(\.entry)
      #expect(next.effects.contains(.unstore(oldNames[0])))
    }
  }
}
