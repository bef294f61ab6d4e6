import LinuxSystem
import TokenCore

extension LogMessage {
  /// What the serving thread reports.
  init(_ report: ServingReport) {
    switch report {
    case .denied(let profile, let peer, let unit, let program, let leftOut):
      let text =
        "\(profile): a reader was turned away: \(Self.describe(peer, unit, program)) is in none of allow_users,"
        + " allow_groups and allow_units\(Self.others(leftOut)); add it there if it should read"
      self.init(.readerDenied, .warning, text, Self.fields(profile, peer, unit, program))
    case .served(let profile, let peer, let unit, let program):
      let text = "\(profile): the header was given to \(Self.describe(peer, unit, program))"
      self.init(.readerServed, .info, text, Self.fields(profile, peer, unit, program))
    case .outOfDescriptors(let code, let leftOut):
      let error = SystemError("accept", "a reader", errno: code)
      let text =
        "\(error), so it was closed unanswered\(Self.others(leftOut)); raise LimitNOFILE, or look who holds so"
        + " many connections"
      self.init(.outOfDescriptors, .error, text, ["ERRNO": "\(code)"])
    case .tooManyWaiting(let profile, let limit, let leftOut):
      let text =
        "\(profile): a reader was closed unanswered\(Self.others(leftOut)), since too many (of \(limit)) wait for a"
        + " token already; see why there is none, or raise LimitNOFILE"
      self.init(.tooManyWaiting, .warning, text, ["ASSETIT_PROFILE": profile])
    }
  }

  private static func others(_ leftOut: Int) -> String {
    leftOut == 0 ? "" : " (and \(leftOut) more since the last such message)"
  }

  private static func describe(_ peer: Peer, _ unit: String?, _ program: String?) -> String {
    if let unit = peer.credentialUnit { return "systemd, for LoadCredential= of \(unit)" }
    let parts = [
      program, "pid \(peer.identity.pid)", "uid \(peer.identity.uid)", unit.map { "unit \($0)" },
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  private static func fields(
    _ profile: String, _ peer: Peer, _ unit: String?, _ program: String?
  ) -> [String: String] {
    var fields = [
      "ASSETIT_PROFILE": profile, "ASSETIT_PEER_PID": "\(peer.identity.pid)",
      "ASSETIT_PEER_UID": "\(peer.identity.uid)", "ASSETIT_PEER_GID": "\(peer.identity.gid)",
    ]
    fields["ASSETIT_PEER_UNIT"] = unit
    fields["ASSETIT_PEER_EXE"] = program
    return fields
  }
}
