import AssetITTokenClient

/// Does the daemon answer, and has it tokens for this caller?
enum DaemonCheck {
  static func run(_ client: TokenClient) async -> [Finding] {
    do throws(TokenClientError) {
      let profiles = try await client.profiles()
      guard !profiles.isEmpty else {
        return [
          .wrong(
            "daemon: its access lists let this user read no profile: see allow_users and allow_groups in"
              + " assetit-tokend.toml(5)", .noPermission)
        ]
      }
      return profiles.map(finding)
    } catch {
      return [.wrong("daemon: \(error)", ExitStatus(error))]
    }
  }

  static func finding(_ status: ProfileStatus) -> Finding {
    let left = status.expiresIn.map { "a token for another \(TimeSpan.text($0))" } ?? "no token"
    let reason = status.lastFailure?.message ?? "the first one is on its way"
    switch status.state {
    case .valid: return .ok("token of \(status.profile): \(left)")
    case .failing:
      return .wrong("token of \(status.profile): \(left), but no new one: \(reason)", .unavailable)
    default: return .wrong("token of \(status.profile): \(left): \(reason)", exitStatus(status))
    }
  }

  private static func exitStatus(_ status: ProfileStatus) -> ExitStatus {
    switch status.lastFailure?.kind {
    case "rejected": .noPermission
    case "misconfigured": .configuration
    default: .unavailable
    }
  }
}
