import AssetITAPI
import FoundationEssentials
import TokenConfig
import TokenCore

/// Can AssetIT be reached as the profile says, and does this host's clock agree with it?
enum ServiceCheck {
  /// Certificates are judged by this host's clock; tokens aren't.
  private static let tolerance = 60.0

  static func run(_ profile: ProfileConfiguration) -> [Finding] {
    do throws(ExchangeFailure) {
      let answer = try ServiceProbe.run(profile.exchange)
      return findings(answer, profile, localTime: Date().timeIntervalSince1970)
    } catch {
      return findings(error, profile)
    }
  }

  /// `localTime`: after the answer, seconds since 1970.
  static func findings(
    _ answer: ServiceProbe.Answer, _ profile: ProfileConfiguration, localTime: Double
  ) -> [Finding] {
    let (name, base) = (profile.name, profile.exchange.baseURL)
    let tls =
      base.lowercased().hasPrefix("https") ? "its name resolves and its certificate is good" : "without TLS"
    return [.ok("service of \(name): \(base) answers, \(tls)"), clock(answer, name, localTime)]
  }

  private static func clock(_ answer: ServiceProbe.Answer, _ name: String, _ localTime: Double) -> Finding {
    guard let date = answer.date else {
      return .skipped("clock: \(name)'s service doesn't say what time it is")
    }
    // The service read its clock about halfway, and cut the fraction off.
    let lead = localTime - answer.roundTrip.seconds / 2 - (Double(date) + 0.5)
    let rounded = Int64(lead.magnitude.rounded())
    guard lead.magnitude > tolerance else {
      return .ok(
        "clock: agrees with \(name)'s service (\(rounded == 0 ? "to the second" : "to \(rounded) s"))")
    }
    return .wrong(
      "clock: \(TimeSpan.text(rounded)) \(lead > 0 ? "ahead of" : "behind") \(name)'s service: set it"
        + " (timedatectl set-ntp true). Tokens are safe from this, certificates and logs are not",
      .unavailable)
  }

  static func findings(_ failure: ExchangeFailure, _ profile: ProfileConfiguration) -> [Finding] {
    let status: ExitStatus =
      switch failure.failureClass {
      case .transient, .throttled: .unavailable
      case .rejected: .noPermission
      case .misconfigured: .configuration
      }
    return [.wrong("service of \(profile.name): \(failure)", status)]
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
