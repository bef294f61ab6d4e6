internal import AssetITTokenClient
internal import CommandLineProgram
internal import Glibc
package import LinuxSystem

/// The daemon: told to start, and looked at until it serves what it should.
package struct RunningService {
  /// A profile that has a token.
  package struct Served: Equatable, Sendable {
    /// In whole seconds.
    package let expiresIn: Int64?
  }

  private static let unitProperties = [
    "ActiveState", "InvocationID", "ExecMainStatus", "StatusText", "Result",
  ]
  /// Between two looks, milliseconds.
  private static let interval: Int32 = 200

  private let unit: ServiceUnit?
  private let client: TokenClient
  private let patience: Duration

  /// - Parameters:
  ///   - unit: `nil` where systemd doesn't run it.
  ///   - socket: where the daemon serves HTTP.
  ///   - patience: how long it may take until a token is there.
  package init(unit: ServiceUnit?, profile: String, socket: String, patience: Duration) {
    self.unit = unit
    self.patience = patience
    client = TokenClient(profile: profile, socketPath: socket, timeout: .seconds(5))
  }

  /// The header that is served now; `nil` where none is.
  package func header() -> String? {
    let client = client
    return try? waitFor { try await client.header().value }
  }

  /// Whether a daemon answers.
  package func answers() -> Bool {
    let client = client
    return (try? waitFor { try await client.profiles() }) != nil
  }

  /// Has the unit begun to start anew.
  ///
  /// - Returns: what it was before, for ``waitUntilServed(otherThan:since:)``.
  package func restart() throws(OperatorFailure) -> String? {
    guard let unit else { return nil }
    let invocation: String
    let refusal: String?
    do throws(SystemError) {
      invocation = try unit.properties(["InvocationID"])["InvocationID"] ?? ""
      // Of a unit that has given up; fails for one that hasn't.
      _ = try unit.order("reset-failed")
      refusal = try unit.order("restart", ["--no-block"])
    } catch {
      throw OperatorFailure(.unavailable, "\(error)")
    }
    if let refusal { throw OperatorFailure(.unavailable, refusal) }
    return invocation
  }

  /// Waits until a header is served that isn't `old`, of the credentials that are in force.
  ///
  /// - Parameter invocation: from ``restart()``; `nil`: the process that runs goes on.
  /// - Throws: if the unit fails, or that takes too long.
  package func waitUntilServed(otherThan old: String?, since invocation: String?) throws(OperatorFailure)
    -> Served
  {
    let end = ContinuousClock.now + patience
    var lastReason: String?
    while ContinuousClock.now < end {
      let client = client
      let status = try? waitFor { try await client.status() }
      lastReason = status?.lastFailure?.message ?? lastReason
      let isServed = status.map { isCurrent($0) } ?? false && header().map { $0 != old } ?? false
      if let unit, let invocation {
        let properties = (try? unit.properties(Self.unitProperties)) ?? [:]
        switch StartWatch.judge(unit: properties, before: invocation, isServed: isServed) {
        case .served: return Served(expiresIn: status?.expiresIn)
        case .waiting: break
        case .failed(let exitCode, let text): throw Self.failure(exitCode, text)
        }
      } else if isServed {
        return Served(expiresIn: status?.expiresIn)
      }
      poll(nil, 0, Self.interval)
    }
    let reason = lastReason ?? "systemctl status assetit-tokend says how far it is"
    throw OperatorFailure(
      .unavailable, "after \(patience.components.seconds) s there is no token yet: \(reason)")
  }

  private func isCurrent(_ status: ProfileStatus) -> Bool {
    status.expiresIn != nil && status.credentials != .changed
  }

  private static func failure(_ exitCode: Int32, _ text: String) -> OperatorFailure {
    OperatorFailure(
      OperatorFailure.Status(rawValue: exitCode) ?? .unavailable,
      "the service was started, but has given up: \(text) (journalctl -xeu assetit-tokend)")
  }
}
