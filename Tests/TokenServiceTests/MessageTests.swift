import DaemonCore
import Dispatch
import Glibc
import LinuxSystem
import Synchronization
import Systemd
import Testing

@testable import TokenCore
@testable import TokenService

@Suite("Messages to the operator")
struct MessageTests {
  private static let offline = ExchangeFailure.network(host: "assetit.example", reason: "refused")
  private static let peer = Peer(PeerIdentity(pid: getpid(), uid: 1000, gid: 1000), address: "".utf8)

  private static func failure(_ cause: ExchangeFailure, servedUntil: BootTime? = nil) -> [LogMessage] {
    let failure = TokenMachine.Failure(
      cause: cause, failureClass: cause.failureClass, count: 2, at: start, nextAttempt: start + .seconds(90),
      servedUntil: servedUntil)
    return LogMessage.messages(.profile("default", .failed(failure)), startMoment)
  }

  private static var everyMessage: [LogMessage] {
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
    let causes = [offline] + [401, 404, 429].map { ExchangeFailure.status($0, retryAfter: nil) }
    var all = daemonNotices.flatMap { LogMessage.messages($0, startMoment) }
    all += [
      .noPeerPidfd(), .listFailed("no"), .cleanedUp(["/run/h"]), .cleanUpFailed("no"),
      LogMessage(
        ServingReport.denied(
          profile: "default", peer: peer, unit: "a.service", program: "/usr/bin/a", leftOut: 3)),
      LogMessage(ServingReport.served(profile: "default", peer: peer, unit: nil, program: nil)),
      LogMessage(ServingReport.outOfDescriptors(errno: EMFILE, leftOut: 0)),
      LogMessage(ServingReport.tooManyWaiting(profile: "default", limit: 8, leftOut: 1)),
    ]
    all += reports.flatMap { LogMessage.messages(.profile("default", $0), startMoment) }
    all += causes.flatMap { failure($0) }
    return all
  }

  /// One of each kind, and of each wording.
  private static var daemonNotices: [Notice] {
    let soon = start + .seconds(5)
    let summary = ReloadSummary(added: ["a"], removed: [], changed: ["b"], unchanged: 3)
    return [
      .started(profiles: ["default"]), .ready(valid: 1, of: 1), .ready(valid: 1, of: 2),
      .exchangeBegan(profile: "default", ExchangeSettings(baseURL: "https://assetit.example")),
      .credentialsChanged(profile: "default"), .resumed(profile: "default", credentialsChanged: true),
      .startsTooOften(starts: 6, until: soon), .startFailed(reason: "no"), .reloadApplied(summary),
      .reloadRefused(reason: "config.toml: no"), .lateExchange(profile: "default"), .signalled(.stop),
      .signalled(.reload), .signalled(.refresh),
      .fileFailed(
        profile: "default", path: "/run/h", reason: "no", count: 1, retryAt: start, hasEnded: false),
      .fileFailed(profile: "default", path: "/run/h", reason: "no", count: 1, retryAt: start, hasEnded: true),
      .fileRecovered(profile: "default", path: "/run/h", afterFailures: 1),
      .outletRepaired(profile: "default", path: "/run/h"),
      .outletRepaired(profile: nil, path: "/run/api.sock"),
      .outletRepairFailed(profile: "default", path: "/run/h", reason: "no", retryAt: soon),
      .outletLeftOut(LeftOutOutlet(profile: "default", path: "/run/h", reason: "others may write /run")),
      .listenFailed(place: "127.0.0.1:9464", reason: "no", retryAt: soon),
      .listening(place: "127.0.0.1:9464", afterFailures: 1),
      .listening(place: "127.0.0.1:9464", afterFailures: 0),
      .namesUnresolved(["group a"], nextAt: soon), .namesResolved(["group a"]),
      .stuck(place: "/srv", what: "writing a header file", since: start),
      .unstuck(place: "/srv", after: .seconds(9)),
      .polled(folder: "/srv", reason: "no"), .notPolled(folder: "/srv"), .storeStuck,
      .storeFailed(what: "default", reason: "no"), .storeRefused(reason: "no"),
      .storeTooSmall(profiles: 1_500, limit: 1_000), .logLinesDropped(3), .exchangesWait(count: 4),
      .askingBus,
      .stopping(.ok, isRestart: false), .stopping(.ok, isRestart: true),
      .stopping(.noPermission, isRestart: false),
      .stopping(.unavailable, isRestart: false), .leftBehind(["/run/h"]),
    ] + Loop.allCases.map { .loopHangs($0) }
  }

  @Test("Every id is used, and is 128 bits of its own")
  func ids() {
    #expect(Set(Self.everyMessage.map(\.id)) == Set(MessageID.allCases))
    #expect(Set(MessageID.allCases.map(\.rawValue)).count == MessageID.allCases.count)
    for id in MessageID.allCases {
      #expect(id.rawValue.count == 32 && id.rawValue.allSatisfy { "0123456789abcdef".contains($0) })
    }
  }

  @Test("No message or field holds a token, and fields have names that the journal takes")
  func fields() {
    for notice in Self.everyMessage {
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
    ] as [(ExchangeFailure, Bool, MessageID, Configuration.LogLevel, String)])
  func failures(
    cause: ExchangeFailure, isServed: Bool, id: MessageID, level: Configuration.LogLevel, remark: String
  )
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
    func text(_ id: MessageID) -> [String] { Self.everyMessage.filter { $0.id == id }.map(\.text) }
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

@Suite("Log lines")
struct LogLineTests {
  private static let forged =
    "default: all is well\n<0>forged\r\nforged\u{2028}forged\u{0B}forged\u{85}forged"
  private static let joined = "default: all is well; <0>forged; forged; forged; forged; forged\n"

  @Test("A line break in a message makes no second line, in the plain form and with a priority")
  func injection() async {
    let plain = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try log(.plain, LogMessage(.expired, .error, LogLineTests.forged))
      exit(0)
    }
    #expect(String(decoding: plain?.standardErrorContent ?? [], as: UTF8.self) == "error: " + Self.joined)
    let prefixed = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try log(.prefixed, LogMessage(.expired, .error, LogLineTests.forged))
      exit(0)
    }
    #expect(String(decoding: prefixed?.standardErrorContent ?? [], as: UTF8.self) == "<3>" + Self.joined)
  }

  @Test("Other control characters, which a terminal obeys, don't get through")
  func terminal() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try log(.plain, LogMessage(.readerDenied, .warning, "exe \u{1B}[2J\u{07}\u{00}x"))
      exit(0)
    }
    let line = result?.standardErrorContent ?? []
    #expect(line.last == UInt8(ascii: "\n"))
    #expect(line.dropLast().allSatisfy { $0 >= 0x20 })
  }

  @Test("Levels have the priorities of syslog(3), and those below the limit are left out")
  func levels() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let messages = Configuration.LogLevel.allCases.map { LogMessage(.started, $0, "\($0)") }
      try log(.prefixed, level: .debug, messages)
      exit(0)
    }
    #expect(
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        == "<7>debug\n<6>info\n<5>notice\n<4>warning\n<3>error\n<2>critical\n")
  }
}

/// Writes them to standard error, and waits until they are written.
private func log(
  _ stream: JournalStream, level: Configuration.LogLevel = .info, _ messages: [LogMessage]
) throws {
  let log = try OperatorLog(stream, level: level) { _ in }
  log.write { messages }
  log.finish()
}

private func log(_ stream: JournalStream, _ message: LogMessage) throws {
  try log(stream, [message])
}

@Suite("The log's thread")
struct LogThreadTests {
  private final class Sink: Sendable {
    let lines = Mutex<[String]>([])
    let gate = DispatchSemaphore(value: 0)
    let totals = Mutex<[Int]>([])
  }

  @Test(
    "A log that is stuck holds up nobody: lines that don't fit are dropped, counted and said, and the end comes in time"
  )
  func stuck() throws {
    let sink = Sink()
    let log = try OperatorLog(
      isPrefixed: false, level: .info,
      dropped: { total in sink.totals.withLock { $0.append(total) } },
      put: { line in
        sink.gate.wait()
        sink.lines.withLock { $0.append(String(decoding: line.plain, as: UTF8.self)) }
      })
    let began = ContinuousClock.now
    for number in 0..<10_000 { log.write { [LogMessage(.started, .info, "\(number)")] } }
    #expect(ContinuousClock.now - began < .seconds(2))
    #expect(sink.totals.withLock { $0 } == [1], "it is said as soon as it begins")
    let ended = ContinuousClock.now
    log.finish()
    #expect((Duration.milliseconds(450)...Duration.seconds(2)).contains(ContinuousClock.now - ended))
    for _ in 0..<10_000 { sink.gate.signal() }
  }

  @Test("What was dropped while the log was stuck is told with its number when it goes on")
  func recovers() throws {
    let sink = Sink()
    let log = try OperatorLog(
      isPrefixed: false, level: .info,
      dropped: { total in sink.totals.withLock { $0.append(total) } },
      put: { line in
        if sink.lines.withLock({ $0.isEmpty }) { sink.gate.wait() }
        sink.lines.withLock { $0.append(String(decoding: line.plain, as: UTF8.self)) }
      })
    for number in 0..<10_000 { log.write { [LogMessage(.started, .info, "\(number)")] } }
    sink.gate.signal()
    log.finish()
    let (lines, total) = (sink.lines.withLock { $0 }, sink.totals.withLock { $0.last })
    #expect(lines.first == "info: 0\n")
    #expect(lines.count + (total ?? 0) == 10_000)
  }
}
