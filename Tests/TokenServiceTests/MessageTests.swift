import Glibc
import LinuxSystem
import Logging
import Systemd
import Testing

@testable import TokenCore
@testable import TokenService

@Suite("Messages to the operator")
struct MessageTests {
  private static let offline = ExchangeFailure.network(host: "assetit.example", reason: "refused")
  private static let peer = Peer(PeerIdentity(pid: getpid(), uid: 1000, gid: 1000), address: "".utf8)

  private static func failure(_ cause: ExchangeFailure, servedUntil: BootTime? = nil) -> [Notice] {
    let failure = TokenMachine.Failure(
      cause: cause, failureClass: cause.failureClass, count: 2, at: start, nextAttempt: start + .seconds(90),
      servedUntil: servedUntil)
    return Notice.report(.failed(failure), profile: "default", startMoment)
  }

  private static var everyNotice: [Notice] {
    let held = HeldToken(
      grant: TokenGrant(token: Secret("geheim"), lifetime: .seconds(3600)), requestedAt: start,
      refreshAt: start + .seconds(1800))
    let reports: [TokenMachine.Report] = [
      .refreshed(held, afterFailures: 0, wasWithout: true),
      .refreshed(held, afterFailures: 1, wasWithout: false),
      .keptLongerToken(held), .expired(nextAttempt: start + .seconds(5)), .expired(nextAttempt: nil),
      .deferred(until: start + .seconds(5)), .changeDeferred(until: start + .seconds(5)),
      .postponed(held, until: start + .seconds(90), afterFailures: 1), .becameValid(held),
      .remarked(.milliseconds(claim: "exp")),
    ]
    let configuration = makeConfiguration([makeProfile("default")])
    let plan = ReloadPlan(from: configuration, to: configuration)
    let files = [HeaderFile.Outcome.failed(reason: "no", count: 1, retryAt: start), .done(afterFailures: 1)]
    let causes = [offline] + [401, 404, 429].map { ExchangeFailure.status($0, retryAfter: nil) }
    var notices: [Notice] = [
      .started(configuration), .ready([MachineFixture.holding("geheim")]),
      .exchangeBegan(makeProfile("default")),
      .credentialsChanged("default"), .reloadApplied(plan), .reloadRefused("config.toml: no"),
      .startFailed("no"), .stopping(.ok, isRestart: false), .stopping(.ok, isRestart: true),
      .stopping(.noPermission, isRestart: false),
      .stopping(.unavailable, isRestart: false), .resumed("default", credentialsChanged: true),
      .storeRefused("no"), .storeFailed("default", "no"),
      .noPeerPidfd(), .reportsLeftOut(3),
      Notice(
        ServingReport.denied(
          profile: "default", peer: peer, unit: "a.service", program: "/usr/bin/a", leftOut: 3)),
      Notice(ServingReport.served(profile: "default", peer: peer, unit: nil, program: nil)),
      Notice(ServingReport.outOfDescriptors(errno: EMFILE, leftOut: 0)),
      Notice(ServingReport.tooManyWaiting(profile: "default", limit: 8, leftOut: 1)),
    ]
    notices += reports.flatMap { Notice.report($0, profile: "default", startMoment) }
    notices += causes.flatMap { failure($0) }
    notices += files.compactMap { Notice.file("/run/h", $0, profile: "default", startMoment) }
    return notices
  }

  @Test("Every id is used, and is 128 bits of its own")
  func ids() {
    #expect(Set(Self.everyNotice.map(\.id)) == Set(MessageID.allCases))
    #expect(Set(MessageID.allCases.map(\.rawValue)).count == MessageID.allCases.count)
    for id in MessageID.allCases {
      #expect(id.rawValue.count == 32 && id.rawValue.allSatisfy { "0123456789abcdef".contains($0) })
    }
  }

  @Test("No message or field holds a token, and fields have names that the journal takes")
  func fields() {
    for notice in Self.everyNotice {
      #expect(!notice.text.isEmpty)
      #expect(!notice.text.contains("geheim"))
      for (name, value) in notice.fields {
        #expect(!value.contains("geheim"))
        #expect(name.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
      }
    }
  }

  @Test(
    "A failure says what happened, when the next attempt is, and what readers get meanwhile",
    arguments: [
      (offline, true, .refreshFailed, .warning, ""),
      (offline, false, .refreshFailed, .error, ""),
      (.status(429, retryAfter: .seconds(90)), true, .throttled, .warning, ""),
      (
        .status(401, retryAfter: nil), true, .rejected, .error,
        "or at once when the client ID or secret changes"
      ),
      (
        .status(404, retryAfter: nil), false, .misconfigured, .error,
        "or at once when the configuration changes"
      ),
    ] as [(ExchangeFailure, Bool, MessageID, Logger.Level, String)])
  func failures(cause: ExchangeFailure, isServed: Bool, id: MessageID, level: Logger.Level, remark: String)
    throws
  {
    let notices = Self.failure(cause, servedUntil: isServed ? start + .seconds(600) : nil)
    let notice = try #require(notices.first)
    #expect(notices.count == 1)
    #expect(notice.id == id)
    #expect(notice.level == level)
    #expect(notice.text.hasPrefix("default: \(cause); attempt 2 failed, the next is in 1min 30s"))
    #expect(notice.text.contains(remark))
    #expect(
      notice.text.hasSuffix(
        isServed ? "the current token is served until 2023-11-14T22:23:20Z" : "readers get nothing"))
    #expect(notice.fields["ASSETIT_NEXT_ATTEMPT"] == "2023-11-14T22:14:50Z")
    #expect(notice.fields["ASSETIT_EXPIRES_AT"] == (isServed ? "2023-11-14T22:23:20Z" : nil))
    #expect(notice.fields["ASSETIT_FAILURES"] == "2")
  }

  @Test("The other troubles say what follows, too")
  func others() throws {
    func text(_ id: MessageID) -> [String] { Self.everyNotice.filter { $0.id == id }.map(\.text) }
    #expect(
      text(.expired).map { String($0.suffix(20)) } == ["; next attempt in 5s", "request is under way"])
    #expect(text(.reloadRefused).first?.contains("old configuration stays in force") == true)
    #expect(text(.fileFailed).first?.contains("tried again now") == true)
    #expect(text(.refreshDeferred).first?.contains("comes in 5s") == true)
    #expect(text(.recovered).first?.contains("after 1 failed attempt; readers had a valid token") == true)
    let denied = try #require(text(.readerDenied).first)
    for part in ["pid \(getpid())", "uid 1000", "unit a.service", "and 3 more", "allow_users"] {
      #expect(denied.contains(part))
    }
  }

  @Test("A file that stays in trouble is told once in a while")
  func fileFailures() {
    let told = (1...60).filter { count in
      Notice.file(
        "/h", .failed(reason: "no", count: count, retryAt: start), profile: "p", startMoment) != nil
    }
    #expect(told == [1, 20, 40, 60])
    #expect(Notice.file("/h", .done(afterFailures: 0), profile: "p", startMoment) == nil)
    #expect(Notice.file("/h", .unchanged, profile: "p", startMoment) == nil)
  }

  @Test(
    "How long is told with three figures",
    arguments: [
      (.zero, "now"), (.seconds(-5), "now"), (.milliseconds(40), "in 0s"),
      (.milliseconds(1234), "in 1s 200ms"),
      (.milliseconds(9_960), "in 10s"), (.milliseconds(59_700), "in 1min"), (.seconds(3599.7), "in 1h"),
      (.seconds(86_399), "in 1d"),
    ] as [(Duration, String)])
  func durations(wait: Duration, text: String) {
    #expect(startMoment.until(start + wait) == text)
  }
}

@Suite("The status line")
struct StatusLineTests {
  private static let refused = ExchangeFailure.status(401, retryAfter: nil)

  private func text(_ machines: [TokenMachine], refusedReload: String? = nil) -> String {
    let named = machines.enumerated().map { (name: "p\($0.offset)", machine: $0.element) }
    return StatusLine.text(named, refusedReload: refusedReload, startMoment)
  }

  @Test("One profile: what readers have, and what comes next")
  func one() {
    let well = text([MachineFixture.holding("geheim")])
    #expect(well.hasPrefix("p0: valid until 2023-11-14T23:13:20Z, next refresh at 2023-11-14T22:"))
    let fresh = text([TokenMachine(policy: RefreshPolicy())])
    #expect(fresh == "p0: no token")
    let failing = text([MachineFixture.holding("geheim", failing: Self.refused)])
    #expect(failing.hasPrefix("p0: valid until 2023-11-14T23:13:20Z, rejected: AssetIT refused"))
    #expect(failing.contains("next attempt at 2023-11-14T22:2"))
    #expect(text([], refusedReload: "config.toml: no") == "reload refused: config.toml: no")
  }

  @Test("Up to five are named, more are counted, and those in trouble named", arguments: [1, 5, 6, 200])
  func many(count: Int) {
    let well = Array(repeating: MachineFixture.holding("geheim"), count: count)
    let failing = Array(repeating: MachineFixture.holding(nil, failing: Self.refused), count: count)
    let (good, bad) = (text(well), text(failing, refusedReload: "no"))
    #expect(!good.contains("geheim") && !bad.contains("geheim"))
    #expect(bad.hasPrefix("reload refused: no | "))
    let named = bad.split(separator: " | ").count { $0.contains("rejected") }
    #expect(named == min(count, 5))
    if count <= 5 {
      #expect(good.split(separator: " | ").count == count)
    } else {
      #expect(good == "\(count) of \(count) profiles are well")
      #expect(bad.contains("0 of \(count) profiles are well"))
      #expect(bad.hasSuffix(" | and \(count - 5) more in trouble") == (count > 5))
    }
  }

  @Test("It fits into the datagram that systemd reads, whatever a refused reload said")
  func length() {
    let problems = (0..<100).map { "config.toml: profiles.p\($0): unknown key; did you mean socket?" }
    let line = text([MachineFixture.holding("a")], refusedReload: problems.joined(separator: "; "))
    #expect(line.utf8.count > 4096)
    #expect(Notifier.Message.status(line).line.utf8.count <= 2048)
  }
}

@Suite("Log lines")
struct LogLineTests {
  private static let forged =
    "default: all is well\n<0>forged\r\nforged\u{2028}forged\u{0B}forged\u{85}forged"
  private static let joined = "default: all is well; <0>forged; forged; forged; forged; forged\n"

  @Test("A line break in a message makes no second line, in the plain form and with a priority")
  func injection() async {
    let plain = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Logger.operatorLog(.plain, level: .info).log(Notice(.expired, .error, LogLineTests.forged))
      exit(0)
    }
    #expect(String(decoding: plain?.standardErrorContent ?? [], as: UTF8.self) == "error: " + Self.joined)
    let prefixed = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Logger.operatorLog(.prefixed, level: .info).log(Notice(.expired, .error, LogLineTests.forged))
      exit(0)
    }
    #expect(String(decoding: prefixed?.standardErrorContent ?? [], as: UTF8.self) == "<3>" + Self.joined)
  }

  @Test("Other control characters, which a terminal obeys, don't get through")
  func terminal() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Logger.operatorLog(.plain, level: .info).log(
        Notice(.readerDenied, .warning, "exe \u{1B}[2J\u{07}\u{00}x"))
      exit(0)
    }
    let line = result?.standardErrorContent ?? []
    #expect(line.last == UInt8(ascii: "\n"))
    #expect(line.dropLast().allSatisfy { $0 >= 0x20 })
  }

  @Test("Levels have the priorities of syslog(3), and those below the limit are left out")
  func levels() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let log = Logger.operatorLog(.prefixed, level: .debug)
      for level in Logger.Level.allCases { log.log(Notice(.started, level, "\(level)")) }
      exit(0)
    }
    #expect(
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        == "<7>debug\n<6>info\n<5>notice\n<4>warning\n<3>error\n<2>critical\n")
  }
}
