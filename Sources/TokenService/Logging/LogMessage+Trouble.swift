import DaemonCore
import TokenCore

extension LogMessage {
  /// Sockets and header files.
  static func outlet(_ notice: Notice, _ moment: ClockReading) -> LogMessage? {
    switch notice {
    case .fileFailed(let profile, let path, let reason, let count, let retryAt, let hasEnded):
      let consequence =
        hasEnded
        ? "the token in it has ended and readers of the file may still get it"
        : "readers of the socket are served all the same"
      return LogMessage(
        .fileFailed, .error,
        "\(profile): \(reason); \(consequence), the file is tried again \(moment.until(retryAt))",
        [
          "ASSETIT_PROFILE": profile, "ASSETIT_FILE": path, "ASSETIT_FAILURES": "\(count)",
          "ASSETIT_ERROR": reason,
        ])
    case .fileRecovered(let profile, let path, _):
      return LogMessage(
        .fileRecovered, .notice, "\(profile): \(path) is as it should be again",
        ["ASSETIT_PROFILE": profile, "ASSETIT_FILE": path])
    case .outletRepaired(let profile, let path):
      return LogMessage(
        .outletRepaired, .warning,
        "\(subject(profile))\(path) was removed or changed by somebody; it is as it should be again, with the same token",
        fields(profile, path))
    case .outletRepairFailed(let profile, let path, let reason, let retryAt):
      return LogMessage(
        .outletRepairFailed, .error,
        "\(subject(profile))\(path) was removed or changed by somebody, and putting it right failed: \(reason); it is"
          + " tried again \(moment.until(retryAt))",
        fields(profile, path).merging(["ASSETIT_ERROR": reason]) { $1 })
    case .outletLeftOut(let outlet):
      return LogMessage(
        .outletLeftOut, .error,
        "\(subject(outlet.profile))\(outlet.path) is left out: \(outlet.reason); all else is served",
        fields(outlet.profile, outlet.path).merging(["ASSETIT_ERROR": outlet.reason]) { $1 })
    case .listenFailed(let place, let reason, let retryAt):
      return LogMessage(
        .listenFailed, .error,
        "\(reason); tokens are served all the same, \(place) is tried again \(moment.until(retryAt))",
        ["ASSETIT_PLACE": place, "ASSETIT_ERROR": reason])
    case .listening(let place, let failures):
      guard failures > 0 else { return nil }
      return LogMessage(.listening, .notice, "\(place) is served now", ["ASSETIT_PLACE": place])
    default: return nil
    }
  }

  /// What was written off, and goes on without.
  static func trouble(_ notice: Notice, _ moment: ClockReading) -> LogMessage? {
    switch notice {
    case .namesUnresolved(let names, let nextAt):
      return LogMessage(
        .namesUnresolved, .warning,
        "\(names.joined(separator: ", ")): no such user or group is known yet; it matches nobody, and a socket or file"
          + " of an unknown group has the service's own; looked up again \(moment.until(nextAt))")
    case .namesResolved(let names):
      return LogMessage(
        .namesResolved, .notice, "\(names.joined(separator: ", ")): known now, and applied")
    case .stuck(let place, let what, let since):
      return LogMessage(
        .stuck, .error,
        "\(place): \(what) has not returned for \(ClockReading.rounded(moment.now - since)); whatever else needs it fails"
          + " until it does, all else goes on; look at the file system or service behind it",
        ["ASSETIT_PLACE": place])
    case .unstuck(let place, let time):
      return LogMessage(
        .unstuck, .notice, "\(place) answers again, after \(ClockReading.rounded(time))",
        ["ASSETIT_PLACE": place])
    case .polled(let folder, let reason):
      return LogMessage(
        .polled, .notice, "\(folder) can't be watched, so it is looked at every 10s: \(reason)",
        ["ASSETIT_PLACE": folder])
    case .notPolled(let folder):
      return LogMessage(
        .notPolled, .info,
        "\(folder) needs no looking at any more: changes there are told, or nothing in it is wanted",
        ["ASSETIT_PLACE": folder])
    case .storeStuck:
      return LogMessage(
        .storeStuck, .warning,
        "systemd doesn't take what it is to keep over a restart; refreshes go on without, and a restart may have to"
          + " authenticate anew")
    case .storeFailed(let what, let reason):
      return LogMessage(
        .storeFailed, .warning,
        "\(what): \(reason), so it would not survive a restart; the next change is tried again",
        ["ASSETIT_ERROR": reason])
    case .storeRefused(let reason):
      return LogMessage(
        .storeRefused, .notice, "not taken over from before the restart: \(reason)", ["ASSETIT_ERROR": reason]
      )
    case .storeTooSmall(let profiles, let limit):
      return LogMessage(
        .storeTooSmall, .warning,
        "of \(profiles) profiles, systemd keeps tokens and sockets for \(limit): a restart authenticates the others anew,"
          + " and their readers are refused for that moment")
    case .logLinesDropped(let count):
      return LogMessage(
        .logLinesDropped, .warning,
        "\(count) log messages were dropped so far, since they came faster than the log takes them; nothing else was"
          + " held up")
    case .loopHangs(let loop):
      return LogMessage(
        .loopHangs, .critical,
        "\(loop.name) doesn't come round; systemd ends this process unless it does, and starts another")
    default: return nil
    }
  }

  private static func subject(_ profile: String?) -> String { profile.map { "\($0): " } ?? "" }

  private static func fields(_ profile: String?, _ path: String) -> [String: String] {
    var fields = ["ASSETIT_FILE": path]
    fields["ASSETIT_PROFILE"] = profile
    return fields
  }
}

extension Loop {
  fileprivate var name: String {
    switch self {
    case .readers: "the thread that serves the token sockets"
    case .exchanges: "the thread that makes exchanges"
    case .http: "the thread that serves HTTP"
    }
  }
}
