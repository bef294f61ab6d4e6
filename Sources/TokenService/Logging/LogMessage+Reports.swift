import TokenCore

extension LogMessage {
  /// What the state machine of a profile reports.
  static func report(_ report: TokenMachine.Report, profile: String, _ moment: ClockReading) -> [LogMessage] {
    switch report {
    case .refreshed(let held, let failures, let wasWithout):
      return refreshed(held, failures, wasWithout, profile, moment)
    case .keptLongerToken(let held):
      let text =
        "\(profile): the new token would end before the current one, so the current one stays, until"
        + " \(moment.timestamp(held.deadline)); next refresh \(moment.until(held.refreshAt))"
      return [LogMessage(.keptLongerToken, .notice, text, fields(profile, held, moment))]
    case .postponed(let held, let until, let failures):
      let text =
        "\(profile): a new token has come that is valid (nbf) only from \(moment.timestamp(until))"
        + " (\(moment.until(until))); it is published then"
      return recovered(failures, wasWithout: nil, profile)
        + [LogMessage(.tokenPostponed, .notice, text, fields(profile, held, moment))]
    case .becameValid(let held):
      let text =
        "\(profile): the token that had come early is valid now, until \(moment.timestamp(held.deadline));"
        + " next refresh \(moment.until(held.refreshAt))"
      return [LogMessage(.refreshed, .info, text, fields(profile, held, moment))]
    case .failed(let failure):
      return [failed(failure, isLast: false, profile, moment)]
    case .changeDeferred(let until):
      let text =
        "\(profile): the changed credentials are tried \(moment.until(until)): they change again and again, or"
        + " AssetIT asked to be left alone for a while"
      let fields = ["ASSETIT_PROFILE": profile, "ASSETIT_NEXT_ATTEMPT": moment.timestamp(until)]
      return [LogMessage(.refreshDeferred, .notice, text, fields)]
    case .remarked(let remark):
      return [
        LogMessage(.oddAnswer, .notice, "\(profile): \(remark)", ["ASSETIT_PROFILE": profile])
      ]
    case .expired(let nextAttempt):
      let next = nextAttempt.map { "next attempt \(moment.until($0))" } ?? "a request is under way"
      let text = "\(profile): the token has expired and readers get nothing until there is a new one; \(next)"
      return [LogMessage(.expired, .error, text, ["ASSETIT_PROFILE": profile])]
    case .deferred(let until):
      let text =
        "\(profile): the refresh that was asked for comes \(moment.until(until)), so that AssetIT isn't asked too"
        + " often"
      let fields = ["ASSETIT_PROFILE": profile, "ASSETIT_NEXT_ATTEMPT": moment.timestamp(until)]
      return [LogMessage(.refreshDeferred, .notice, text, fields)]
    }
  }

  private static func refreshed(
    _ held: HeldToken, _ failures: Int, _ wasWithout: Bool, _ profile: String, _ moment: ClockReading
  ) -> [LogMessage] {
    let text =
      "\(profile): new token, valid until \(moment.timestamp(held.deadline)) (\(moment.until(held.deadline)));"
      + " next refresh at \(moment.timestamp(held.refreshAt)) (\(moment.until(held.refreshAt)))"
    let refreshed = LogMessage(.refreshed, .info, text, fields(profile, held, moment))
    return recovered(failures, wasWithout: wasWithout, profile) + [refreshed]
  }

  /// `wasWithout`: whether readers had nothing meanwhile; `nil` where that isn't over yet.
  private static func recovered(_ failures: Int, wasWithout: Bool?, _ profile: String) -> [LogMessage] {
    guard failures > 0 else { return [] }
    let meanwhile =
      switch wasWithout {
      case true?: "; readers had nothing meanwhile"
      case false?: "; readers had a valid token all the while"
      case nil: ""
      }
    let text =
      "\(profile): recovered after \(failures) failed \(failures == 1 ? "attempt" : "attempts")\(meanwhile)"
    return [LogMessage(.recovered, .notice, text, ["ASSETIT_PROFILE": profile])]
  }

  /// `isLast`: the daemon gives up, so that there is no next attempt.
  static func failed(
    _ failure: TokenMachine.Failure, isLast: Bool, _ profile: String, _ moment: ClockReading
  ) -> LogMessage {
    let served =
      failure.servedUntil.map { "the current token is served until \(moment.timestamp($0))" }
      ?? "readers get nothing"
    let next =
      isLast
      ? "failed, and the daemon makes no other"
      : "failed, the next is \(moment.until(failure.nextAttempt))\(remark(failure)); \(served)"
    let text = "\(profile): \(failure.cause); attempt \(failure.count) \(next)"
    var fields = [
      "ASSETIT_PROFILE": profile, "ASSETIT_FAILURE_CLASS": failure.failureClass.name,
      "ASSETIT_FAILURES": "\(failure.count)", "ASSETIT_ERROR": "\(failure.cause)",
      "ASSETIT_NEXT_ATTEMPT": isLast ? "none" : moment.timestamp(failure.nextAttempt),
    ]
    if case .status(let code, _, _) = failure.cause { fields["ASSETIT_HTTP_STATUS"] = "\(code)" }
    fields["ASSETIT_EXPIRES_AT"] = failure.servedUntil.map(moment.timestamp)
    let (id, level): (MessageID, Configuration.LogLevel) =
      switch failure.failureClass {
      case .transient: (.refreshFailed, failure.servedUntil == nil ? .error : .warning)
      case .throttled: (.throttled, .warning)
      case .rejected: (.rejected, .error)
      case .misconfigured: (.misconfigured, .error)
      }
    return LogMessage(id, level, text, fields)
  }

  private static func remark(_ failure: TokenMachine.Failure) -> String {
    if case .credentialsUnavailable = failure.cause { return ", or at once when that file changes" }
    return switch failure.failureClass {
    case .transient, .throttled: ""
    case .rejected: ", or at once when the client ID or secret changes"
    case .misconfigured: ", or at once when the configuration changes"
    }
  }

  private static func fields(_ profile: String, _ held: HeldToken, _ moment: ClockReading) -> [String: String]
  {
    [
      "ASSETIT_PROFILE": profile, "ASSETIT_EXPIRES_AT": moment.timestamp(held.deadline),
      "ASSETIT_NEXT_REFRESH": moment.timestamp(held.refreshAt),
      "ASSETIT_LIFETIME_SEC": "\(held.grant.lifetime.components.seconds)",
    ]
  }
}
