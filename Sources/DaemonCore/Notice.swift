package import TokenCore

/// One thing that an operator may want to know, as data: the log makes a sentence, fields and a message id of it.
package enum Notice: Equatable, Sendable {
  /// The configuration was read, the first requests go out.
  case started(profiles: [String])
  /// The daemon has told systemd that it is ready.
  case ready(valid: Int, of: Int)
  case profile(String, TokenMachine.Report)
  /// A request failed, and the daemon ends because of that.
  case lastFailure(profile: String, TokenMachine.Failure)
  case exchangeBegan(profile: String, ExchangeSettings)
  case credentialsChanged(profile: String)
  /// Serving the token of an earlier process.
  case resumed(profile: String, credentialsChanged: Bool)
  /// The process was started too often of late, so its first requests wait until then.
  case startsTooOften(starts: Int, until: BootTime)
  case startFailed(reason: String)

  case reloadApplied(ReloadSummary)
  case reloadRefused(reason: String)
  /// The answer to a request was no use any more; nothing of it was published.
  case lateExchange(profile: String)
  case signalled(Signal)

  /// A header file can't be written or removed. `endsAt`: what it holds may be read until then; `hasEnded`: and that
  /// moment has passed, so readers of the file may get a token that is none any more.
  case fileFailed(
    profile: String, path: String, reason: String, count: Int, retryAt: BootTime, hasEnded: Bool)
  case fileRecovered(profile: String, path: String, afterFailures: Int)
  /// Somebody deleted, overwrote or changed a header file or a socket, and it is as it should be again.
  case outletRepaired(profile: String?, path: String)
  case outletRepairFailed(profile: String?, path: String, reason: String, retryAt: BootTime)
  case outletLeftOut(LeftOutOutlet)

  /// The HTTP socket or the metrics' address can't be used; it is tried again.
  case listenFailed(place: String, reason: String, retryAt: BootTime)
  case listening(place: String, afterFailures: Int)

  case namesUnresolved([String], nextAt: BootTime)
  case namesResolved([String])

  /// A job there hangs; whatever needs the same folder fails until it returns.
  case stuck(place: String, what: String, since: BootTime)
  case unstuck(place: String, after: Duration)
  case polled(folder: String, reason: String)
  case notPolled(folder: String)
  case storeStuck
  case storeFailed(what: String, reason: String)
  case storeRefused(reason: String)
  /// More profiles than a restart can take over.
  case storeTooSmall(profiles: Int, limit: Int)
  case logLinesDropped(Int)
  /// No sign of life is given any more, so the manager will end the process.
  case loopHangs(Loop)
  case exchangesWait(count: Int)

  case askingBus
  case stopping(ExitStatus, isRestart: Bool)
  /// The process ends although this isn't done.
  case leftBehind([String])
}

/// What a reload has changed.
package struct ReloadSummary: Equatable, Sendable {
  package let added: [String]
  package let removed: [String]
  package let changed: [String]
  package let unchanged: Int
  /// What hadn't come into force when it was announced: paths of sockets, servers that didn't answer.
  package var late: [String] = []

  package init(added: [String], removed: [String], changed: [String], unchanged: Int) {
    self.added = added
    self.removed = removed
    self.changed = changed
    self.unchanged = unchanged
  }
}
