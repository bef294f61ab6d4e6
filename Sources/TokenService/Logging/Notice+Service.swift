import Logging
import TokenCore

extension Notice {
  static func started(_ configuration: Configuration) -> Notice {
    let names = configuration.profiles.map(\.name).joined(separator: ", ")
    return Notice(
      .started, .notice,
      "assetit-tokend \(Release.version) started; authenticating \(names); ready once a token is there",
      ["ASSETIT_VERSION": Release.version, "ASSETIT_PROFILES": names])
  }

  static func ready(_ machines: [TokenMachine]) -> Notice {
    let valid = machines.count { $0.token != nil }
    let text =
      valid == machines.count
      ? "ready: every profile has a valid token"
      : "ready: \(valid) of \(machines.count) profiles have a valid token"
    return Notice(.ready, .notice, text)
  }

  static func exchangeBegan(_ profile: ProfileConfiguration) -> Notice {
    let settings = profile.exchange
    return Notice(
      .exchangeBegan, .debug,
      "\(profile.name): authenticating at \(settings.baseURL)\(settings.authenticatePath), within"
        + " \(DurationText.format(settings.timeout))",
      ["ASSETIT_PROFILE": profile.name])
  }

  static func credentialsChanged(_ profile: String) -> Notice {
    Notice(
      .credentialsChanged, .notice,
      "\(profile): the client ID or secret has changed; authenticating with it now",
      ["ASSETIT_PROFILE": profile])
  }

  static func noPeerPidfd() -> Notice {
    Notice(
      .noPeerPidfd, .notice,
      "this kernel has no SO_PEERPIDFD (Linux 6.5): readers' units are told apart by process id and start time,"
        + " which a process id that is reused at just the right moment could deceive")
  }

  static func reportsLeftOut(_ count: Int) -> Notice {
    Notice(
      .reportsLeftOut, .warning,
      "\(count) messages about readers were left out, since they came faster than the log takes them; no reader was"
        + " affected")
  }

  static func reloadApplied(_ plan: ReloadPlan) -> Notice {
    let parts = [
      ("added", plan.added.map(\.name)), ("removed", plan.removed), ("changed", plan.changed.map(\.new.name)),
    ]
    let named = parts.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
    return Notice(
      .reloadApplied, .notice,
      "configuration reloaded; " + (named + ["unchanged: \(plan.unchanged)"]).joined(separator: "; "))
  }

  static func reloadRefused(_ reason: String) -> Notice {
    Notice(
      .reloadRefused, .error,
      "reload refused, the old configuration stays in force: \(reason); correct it and reload again",
      ["ASSETIT_ERROR": reason])
  }

  static func startFailed(_ reason: String) -> Notice {
    Notice(.startFailed, .critical, reason, ["ASSETIT_ERROR": reason])
  }

  static func resumed(_ profile: String, credentialsChanged: Bool) -> Notice {
    let next =
      credentialsChanged ? "its credentials have changed, so a new one is asked for" : "no request is made"
    return Notice(
      .resumed, .notice, "\(profile): serving the token from before the restart; \(next)",
      ["ASSETIT_PROFILE": profile])
  }

  static func storeRefused(_ reason: String) -> Notice {
    Notice(
      .storeRefused, .notice, "not taken over from before the restart: \(reason)", ["ASSETIT_ERROR": reason])
  }

  static func storeFailed(_ profile: String, _ reason: String) -> Notice {
    Notice(
      .storeFailed, .warning,
      "\(profile): \(reason), so the token would not survive a restart; the next one will be tried again",
      ["ASSETIT_PROFILE": profile, "ASSETIT_ERROR": reason])
  }

  static func stopping(_ status: ExitStatus, isRestart: Bool) -> Notice {
    switch status {
    case .ok where isRestart:
      Notice(
        .stopping, .notice, "stopping for a restart: sockets, tokens and files stay for the next process")
    case .ok:
      Notice(.stopping, .notice, "stopping: headers are withdrawn")
    case .noPermission, .configuration:
      Notice(
        .stopping, .critical,
        "giving up: no profile can get a token until its credentials or its configuration are changed, as said"
          + " above; correct them, then start again",
        ["EXIT_STATUS": "\(status.rawValue)"])
    case .unavailable, .usage:
      Notice(.stopping, .critical, "stopping after the failure above", ["EXIT_STATUS": "\(status.rawValue)"])
    }
  }

  /// What came of bringing a file up to date; `nil` where an operator needn't know.
  static func file(
    _ path: String, _ outcome: HeaderFile.Outcome, profile: String, _ moment: ClockReading
  ) -> Notice? {
    let fields = ["ASSETIT_PROFILE": profile, "ASSETIT_FILE": path]
    switch outcome {
    case .unchanged, .done(afterFailures: 0): return nil
    case .done:
      return Notice(.fileRecovered, .notice, "\(profile): \(path) is as it should be again", fields)
    case .failed(let reason, let count, let retryAt):
      // A disk that stays full is told once in a while.
      guard count == 1 || count % 20 == 0 else { return nil }
      let text =
        "\(profile): \(reason); readers of the socket are served all the same, the file is tried again"
        + " \(moment.until(retryAt))"
      return Notice(.fileFailed, .error, text, fields)
    }
  }
}

extension Configuration.LogLevel {
  var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
