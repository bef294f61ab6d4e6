import Glibc
import LinuxSystem
import Logging

extension Notice {
  /// What the serving thread reports.
  init(_ report: ServingReport) {
    switch report {
    case .denied(let profile, let peer, let unit, let leftOut):
      let executable = Self.executable(of: peer.identity.pid)
      let text =
        "\(profile): a reader was turned away: \(Self.describe(peer, unit, executable)) is in none of allow_users,"
        + " allow_groups and allow_units\(Self.others(leftOut)); add it there if it should read"
      self.init(.readerDenied, .warning, text, Self.fields(profile, peer, unit, executable))
    case .served(let profile, let peer, let unit):
      let executable = Self.executable(of: peer.identity.pid)
      let text = "\(profile): the header was given to \(Self.describe(peer, unit, executable))"
      self.init(.readerServed, .info, text, Self.fields(profile, peer, unit, executable))
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

  private static func describe(_ peer: Peer, _ unit: String?, _ executable: String?) -> String {
    if let unit = peer.credentialUnit { return "systemd, for LoadCredential= of \(unit)" }
    let parts = [
      executable, "pid \(peer.identity.pid)", "uid \(peer.identity.uid)", unit.map { "unit \($0)" },
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  private static func fields(
    _ profile: String, _ peer: Peer, _ unit: String?, _ executable: String?
  ) -> [String: String] {
    var fields = [
      "ASSETIT_PROFILE": profile, "ASSETIT_PEER_PID": "\(peer.identity.pid)",
      "ASSETIT_PEER_UID": "\(peer.identity.uid)", "ASSETIT_PEER_GID": "\(peer.identity.gid)",
    ]
    fields["ASSETIT_PEER_UNIT"] = unit
    fields["ASSETIT_PEER_EXE"] = executable
    return fields
  }

  /// What `/proc/PID/exe` points to (proc(5)); it may not be ours to see.
  private static func executable(of pid: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
