internal import LinuxSystem
package import TokenCore

/// What a valid configuration means, in words: the output of `check`.
package enum Explanation {
  package static func text(_ configuration: Configuration, checkedSecrets: Bool) -> String {
    (configuration.profiles.map { describe($0, checkedSecrets: checkedSecrets) } + [
      describe(configuration.api)
    ])
    .joined(separator: "\n")
  }

  /// One profile.
  package static func describe(_ profile: ProfileConfiguration, checkedSecrets: Bool) -> String {
    let (exchange, refresh, socket) = (profile.exchange, profile.refresh, profile.socket)
    let secret = describe(profile.clientSecret) + (checkedSecrets ? "" : ", not looked at")
    var lines = [
      "profile \(profile.name)",
      "  authenticates at  \(exchange.baseURL)\(exchange.authenticatePath)",
      "  client ID         \(describe(profile.clientID))",
      "  client secret     \(secret)",
      "  refreshes at      \(percent(refresh.at)) of a token's life, ± \(percent(refresh.jitter))",
      "  socket            \(socket.path) (\(ownership(socket.mode, socket.group)))",
      "  readers           \(describe(socket.access))",
    ]
    lines += profile.files.map { file in
      "  file              \(file.path) (\(file.format.rawValue), \(ownership(file.mode, file.group)))"
    }
    return lines.joined(separator: "\n")
  }

  private static func describe(_ api: APIConfiguration) -> String {
    let socket =
      api.socketPath.map { "\($0) (\(ownership(api.mode, api.group)))" } ?? "none: its folder doesn't exist"
    return
      "HTTP socket         \(socket)\nmetrics             \(api.metricsListen ?? "on the HTTP socket only")"
  }

  private static func describe(_ source: CredentialSource) -> String {
    switch source {
    case .inline: "in the configuration"
    case .file(let path): path
    case .credential(let name): "the systemd credential \(name)"
    }
  }

  private static func describe(_ access: AccessList) -> String {
    if access.isEmpty { return "whoever may open the socket" }
    let parts = [
      ("uids", access.users.sorted().map(String.init)), ("gids", access.groups.sorted().map(String.init)),
      ("units", access.units),
    ]
    return "root, "
      + parts.filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: " "))" }
      .joined(separator: ", ")
  }

  private static func ownership(_ mode: UInt32, _ group: Group?) -> String {
    "0" + String(mode, radix: 8) + ", group " + (group?.name ?? "of the service")
  }

  private static func percent(_ fraction: Double) -> String {
    "\(Int((fraction * 100).rounded())) %"
  }
}
