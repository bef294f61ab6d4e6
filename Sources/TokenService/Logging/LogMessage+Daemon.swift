import DaemonCore
import LinuxSystem
import TokenCore

extension LogMessage {
  /// What the machine has to say, in words. `moment`: when it said it.
  static func messages(_ notice: Notice, _ moment: ClockReading) -> [LogMessage] {
    switch notice {
    case .profile(let profile, let report): report.messages(profile, moment)
    case .lastFailure(let profile, let failure): [failed(failure, isLast: true, profile, moment)]
    case .started, .ready, .startsTooOften, .startFailed, .askingBus, .stopping, .leftBehind, .signalled,
      .reloadApplied, .reloadRefused:
      [life(notice, moment)].compactMap { $0 }
    case .exchangeBegan, .credentialsChanged, .resumed, .lateExchange, .exchangesWait:
      [exchange(notice)].compactMap { $0 }
    case .fileFailed, .fileRecovered, .outletRepaired, .outletRepairFailed, .outletLeftOut, .listenFailed,
      .listening:
      [outlet(notice, moment)].compactMap { $0 }
    case .namesUnresolved, .namesResolved, .stuck, .unstuck, .polled, .notPolled, .storeStuck, .storeFailed,
      .storeRefused, .storeTooSmall, .logLinesDropped, .loopHangs:
      [trouble(notice, moment)].compactMap { $0 }
    }
  }

  static func startFailed(_ reason: String) -> LogMessage {
    LogMessage(.startFailed, .critical, reason, ["ASSETIT_ERROR": reason])
  }

  static func noPeerPidfd() -> LogMessage {
    LogMessage(
      .noPeerPidfd, .notice,
      "this kernel has no SO_PEERPIDFD (Linux 6.5): readers' units are told apart by process id and start time,"
        + " which a process id that is reused at just the right moment could deceive")
  }

  static func listFailed(_ reason: String) -> LogMessage {
    LogMessage(
      .listFailed, .warning,
      "\(reason); header files would stay after a kill until the next start, since the clean-up finds them on that list",
      ["ASSETIT_ERROR": reason])
  }

  static func cleanedUp(_ paths: [String]) -> LogMessage {
    LogMessage(
      .cleanedUp, .notice,
      "the daemon was ended by force; removed the header files that it left: \(paths.joined(separator: ", "))",
      ["ASSETIT_FILE": paths.joined(separator: " ")])
  }

  static func cleanUpFailed(_ reason: String) -> LogMessage {
    LogMessage(
      .cleanUpFailed, .error,
      "\(reason); a header file that the killed daemon left stays until the daemon runs again",
      ["ASSETIT_ERROR": reason])
  }

  private static func life(_ notice: Notice, _ moment: ClockReading) -> LogMessage? {
    switch notice {
    case .started(let profiles):
      let names = profiles.joined(separator: ", ")
      return LogMessage(
        .started, .notice,
        "assetit-tokend \(Release.version) started; authenticating \(names); ready once a token is there",
        ["ASSETIT_VERSION": Release.version, "ASSETIT_PROFILES": names])
    case .ready(let valid, let count):
      let text =
        valid == count
        ? "ready: every profile has a valid token" : "ready: \(valid) of \(count) profiles have a valid token"
      return LogMessage(.ready, .notice, text)
    case .startsTooOften(let starts, let until):
      return LogMessage(
        .startsTooOften, .warning,
        "started \(starts) times within a minute, so the first requests wait and begin \(moment.until(until)); tokens"
          + " that were kept are served meanwhile; see above why the process ended")
    case .startFailed(let reason): return startFailed(reason)
    case .reloadApplied(let summary): return reloadApplied(summary)
    case .reloadRefused(let reason):
      return LogMessage(
        .reloadRefused, .error,
        "reload refused, the old configuration stays in force: \(reason); correct it and reload again",
        ["ASSETIT_ERROR": reason])
    case .signalled(let signal):
      return LogMessage(.signalled, .debug, "received \(signal.name)")
    case .askingBus:
      return LogMessage(
        .stopping, .debug, "asking systemd whether this is a restart; readers are served meanwhile")
    case .stopping(let status, let isRestart): return stopping(status, isRestart)
    case .leftBehind(let what):
      return LogMessage(
        .leftBehind, .error,
        "the process ends although this isn't done: \(what.joined(separator: "; ")); the unit's clean-up removes header"
          + " files that are left, where it can")
    default: return nil
    }
  }

  private static func reloadApplied(_ summary: ReloadSummary) -> LogMessage {
    let parts = [("added", summary.added), ("removed", summary.removed), ("changed", summary.changed)]
    let named = parts.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
    let late = summary.late.isEmpty ? [] : ["not in force yet: \(summary.late.joined(separator: ", "))"]
    return LogMessage(
      .reloadApplied, .notice,
      "configuration reloaded; "
        + (named + ["unchanged: \(summary.unchanged)"] + late).joined(separator: "; "))
  }

  private static func stopping(_ status: ExitStatus, _ isRestart: Bool) -> LogMessage {
    switch status {
    case .ok where isRestart:
      LogMessage(
        .stopping, .notice, "stopping for a restart: sockets, tokens and files stay for the next process")
    case .ok:
      LogMessage(.stopping, .notice, "stopping: headers are withdrawn")
    case .noPermission, .configuration:
      LogMessage(
        .stopping, .critical,
        "giving up: no profile can get a token until its credentials or its configuration are changed, as said"
          + " above; correct them, then start again",
        ["EXIT_STATUS": "\(status.rawValue)"])
    case .unavailable, .usage:
      LogMessage(
        .stopping, .critical, "stopping after the failure above", ["EXIT_STATUS": "\(status.rawValue)"])
    }
  }

  private static func exchange(_ notice: Notice) -> LogMessage? {
    switch notice {
    case .exchangeBegan(let profile, let settings):
      return LogMessage(
        .exchangeBegan, .debug,
        "\(profile): authenticating at \(settings.baseURL)\(settings.authenticatePath), within"
          + " \(DurationText.format(settings.timeout))", ["ASSETIT_PROFILE": profile])
    case .credentialsChanged(let profile):
      return LogMessage(
        .credentialsChanged, .notice,
        "\(profile): the client ID or secret has changed; authenticating with it now",
        ["ASSETIT_PROFILE": profile])
    case .resumed(let profile, let credentialsChanged):
      let next =
        credentialsChanged ? "its credentials have changed, so a new one is asked for" : "no request is made"
      return LogMessage(
        .resumed, .notice, "\(profile): serving the token from before the restart; \(next)",
        ["ASSETIT_PROFILE": profile])
    case .lateExchange(let profile):
      return LogMessage(
        .lateExchange, .debug,
        "\(profile): an answer came that is no use any more; nothing of it was published",
        ["ASSETIT_PROFILE": profile])
    case .exchangesWait(let count):
      return LogMessage(
        .exchangesWait, .notice,
        "\(count) exchanges wait for others to end: at most 16 go to one service at a time, and one to a service that"
          + " doesn't answer; those whose tokens end first go first")
    default: return nil
    }
  }
}

extension TokenMachine.Report {
  fileprivate func messages(_ profile: String, _ moment: ClockReading) -> [LogMessage] {
    LogMessage.report(self, profile: profile, moment)
  }
}

extension Signal {
  fileprivate var name: String {
    switch self {
    case .stop: "SIGTERM or SIGINT: stopping"
    case .reload: "SIGHUP: reloading the configuration"
    case .refresh: "SIGUSR1: refreshing every profile"
    }
  }
}
