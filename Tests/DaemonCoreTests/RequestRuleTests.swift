import Testing
import TokenCore

@testable import DaemonCore

/// When AssetIT is asked, as the contract's section on the core words it.
@Suite("Requests")
struct RequestRuleTests {
  private static let refused = ExchangeFailure.status(401, retryAfter: nil)
  private static let notFound = ExchangeFailure.status(404, retryAfter: nil)

  @Test("begin once the store has the record, or hasn't answered for a second")
  func record() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.hangsStore = true
    daemon.start()
    #expect(daemon.store.contains { if case .record = $0.content { true } else { false } })
    #expect(daemon.sent.isEmpty)
    daemon.advance(.milliseconds(999))
    #expect(daemon.sent.isEmpty)
    daemon.advance(.milliseconds(2))
    #expect(daemon.sent.count == 1)
  }

  @Test("wait for Retry-After over a restart, and over ten")
  func throttled() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    let began = daemon.now
    daemon.answer(.failure(.status(429, retryAfter: .seconds(600))))
    for _ in 0..<10 {
      daemon = daemon.restarted(after: .seconds(20))
      daemon.start()
      daemon.advance(.seconds(30))
      #expect(daemon.sent.isEmpty)
    }
    // A tenth may be added to what was asked for.
    daemon.advance(.seconds(175))
    let waited = daemon.sent.first.map { $0.at - began }
    #expect(waited.map { $0 >= .seconds(600) && $0 <= .seconds(661) } ?? false)
  }

  @Test("are no more than five after a refusal while a token is held, and spread to its end")
  func fifths() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    daemon.grant("first", lifetime: .seconds(36_000))
    while daemon.sent.count < 2 { daemon.advance(.seconds(60)) }
    let left = daemon.sent[0].at + .seconds(36_000) - daemon.now
    daemon.answer(.failure(Self.refused))
    let began = daemon.now
    while daemon.now - began < left - .seconds(2) {
      daemon.advance(.seconds(1))
      daemon.answer(.failure(Self.refused))
    }
    let tries = daemon.sent.dropFirst(2).map { ($0.at - began).inSeconds }
    #expect((1...5).contains(tries.count))
    #expect(tries[0] <= 900 * 1.1)
    #expect(
      zip(tries, tries.dropFirst()).allSatisfy { $1 - $0 >= left.inSeconds / 5 * 0.85 || $1 == tries.last })
    #expect(daemon.header(of: "a") == "JWT first")
  }

  @Test("that bring the same token again count as failed, and the token is served on")
  func sameToken() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    daemon.grant("one")
    daemon.give(.signal(.refresh))
    daemon.grant("one")
    #expect(daemon.header(of: "a") == "JWT one")
    daemon.advance(.milliseconds(900))
    #expect(daemon.sent.count == 2)
    daemon.advance(.seconds(2))
    #expect(daemon.sent.count == 3)
  }

  @Test("that somebody asks for come further and further apart")
  func gate() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    for round in 0..<120 {
      daemon.grant("token \(round)")
      daemon.give(.signal(.refresh))
      daemon.advance(.seconds(1))
    }
    // The first, and those after 1, 2, 4, … 64 s, or half of it.
    #expect((5...10).contains(daemon.sent.count))
  }

  @Test("are at most 16 to a service and 64 in all")
  func slots() {
    let profiles = (0..<200).map { Daemon.profile("p\($0)", service: "https://s\($0 % 5).example") }
    var daemon = Daemon(profiles)
    daemon.start()
    #expect(daemon.unanswered.count == 64)
    for index in 0..<200 { daemon.grant("t\(index)") }
    #expect(daemon.sent.count == 200)
    var other = Daemon((0..<40).map { Daemon.profile("p\($0)") })
    other.start()
    #expect(other.unanswered.count == 16)
  }

  @Test("to a dead service go one at a time, and don't hold up those to another")
  func deadService() {
    let profiles = (0..<60).map { Daemon.profile("p\($0)", service: "https://s\($0 % 2).example") }
    var daemon = Daemon(profiles)
    daemon.start()
    for _ in 0..<60 {
      guard let request = daemon.unanswered.first else { break }
      if request.order.settings.baseURL == "https://s0.example", daemon.now > request.at { break }
      let isDead = request.order.settings.baseURL == "https://s0.example"
      daemon.answer(
        isDead
          ? .failure(.timedOut(host: "s0", after: .seconds(20)))
          : .success(TokenGrant(token: Secret(request.order.profile), lifetime: .seconds(3_600))))
      let inFlight = daemon.unanswered.filter { $0.order.settings.baseURL == "https://s0.example" }
      #expect(inFlight.count <= 16)
    }
    daemon.advance(.seconds(60))
    #expect(daemon.unanswered.filter { $0.order.settings.baseURL == "https://s0.example" }.count == 1)
    #expect(
      Set(daemon.sent.filter { $0.order.settings.baseURL == "https://s1.example" }.map(\.order.profile)).count
        == 30)
  }

  @Test("that are refused at the start end it with 77")
  func refusedStart() {
    var daemon = Daemon([Daemon.profile("a"), Daemon.profile("b")])
    daemon.start()
    daemon.answer(.failure(Self.refused))
    #expect(daemon.exit == nil)
    daemon.answer(.failure(Self.refused))
    daemon.advance(.seconds(8))
    #expect(daemon.exit == .noPermission)
  }

  @Test("that find no such endpoint have 30 s of grace before READY, and then end the start with 78")
  func grace() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    let began = daemon.now
    while daemon.exit == nil, daemon.now - began < .seconds(100) {
      daemon.answer(.failure(Self.notFound))
      daemon.advance(.milliseconds(100))
    }
    #expect(daemon.exit == .configuration)
    #expect(daemon.now - began > .seconds(30))
    #expect(daemon.sent.count > 2)
  }

  @Test("that are refused after READY end nothing")
  func refusedLater() {
    var daemon = Daemon([Daemon.profile("a")])
    daemon.start()
    daemon.grant("one")
    daemon.advance(.seconds(2))
    #expect(daemon.isReady)
    for _ in 0..<5_000 {
      daemon.advance(.seconds(1))
      daemon.answer(.failure(Self.refused))
    }
    #expect(daemon.exit == nil)
    #expect(daemon.header(of: "a") == nil)
  }
}
