import LinuxSystem
import Synchronization
package import TokenCore

/// The HTTP server's way to the daemon. Everything here returns at once.
package final class ControlService: Sendable {
  private let inbox: @Sendable (ControlRequest) -> Void
  private let report: @Sendable (ServingReport) -> Void
  private let counts = Mutex<[String: ReaderCount]>([:])
  private let denials = Mutex(ReportLimits(interval: .seconds(10)))
  private let exhaustion = Mutex(ReportLimit(interval: .seconds(60)))

  /// `inbox` takes requests in order; neither it nor `report` may block.
  init(
    inbox: @escaping @Sendable (ControlRequest) -> Void, report: @escaping @Sendable (ServingReport) -> Void
  ) {
    self.inbox = inbox
    self.report = report
  }

  package func ask(_ request: ControlRequest) {
    inbox(request)
  }

  /// Whether the caller may have what the profile's access list guards; a denial is counted and told as the
  /// profile's `audit` says.
  package func admits(_ caller: ControlCaller, to profile: ProfileState) -> Bool {
    guard case .denied(let unit) = caller.verdict(on: profile) else { return true }
    counts.withLock { $0[profile.name, default: ReaderCount()].denied += 1 }
    if profile.socket.audit != .none,
      let leftOut = denials.withLock({ $0.admit(profile.name, .now()) })
    {
      report(
        .denied(
          profile: profile.name, peer: caller.peer, unit: unit, program: caller.program, leftOut: leftOut))
    }
    return false
  }

  /// A connection was turned away since this process or the host has no descriptor or memory left.
  package func noteOutOfDescriptors(errno: Int32) {
    if let leftOut = exhaustion.withLock({ $0.admit(.now()) }) {
      report(.outOfDescriptors(errno: errno, leftOut: leftOut))
    }
  }

  /// The caller was given the header.
  package func noteServed(_ caller: ControlCaller, _ profile: ProfileState) {
    counts.withLock { $0[profile.name, default: ReaderCount()].served += 1 }
    guard profile.socket.audit == .all else { return }
    report(
      .served(profile: profile.name, peer: caller.peer, unit: caller.unit, program: caller.program))
  }

  /// Over HTTP.
  func readers(of profile: String) -> ReaderCount {
    counts.withLock { $0[profile] ?? ReaderCount() }
  }

  func forget(_ profile: String) {
    counts.withLock { $0[profile] = nil }
  }
}
