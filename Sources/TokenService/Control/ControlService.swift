import Dispatch
import LinuxSystem
import Synchronization
import TokenCore

/// What the HTTP server asks of the daemon. Everything here returns at once; replies come on the daemon's queue,
/// after the state that they are about was posted.
package final class ControlService: Sendable {
  private let daemon: Daemon
  private let report: @Sendable (ServingReport) -> Void
  private let counts = Mutex<[String: ReaderCount]>([:])
  private let denials = Mutex(ReportLimits(interval: .seconds(10)))

  init(_ daemon: Daemon, report: @escaping @Sendable (ServingReport) -> Void) {
    self.daemon = daemon
    self.report = report
  }

  /// Asks for a new token. The reply comes when the request that serves it has ended, or at once where none is
  /// made; not at all where the daemon ends before.
  package func demand(
    _ demand: RefreshDemand, of profile: String, reply: @escaping @Sendable (RefreshOutcome) -> Void
  ) {
    onDaemon { $0.receive(demand, of: profile, reply: reply) }
  }

  /// The reply shows that the daemon's own loop comes round.
  package func metrics(reply: @escaping @Sendable (ControlMetrics) -> Void) {
    onDaemon { daemon in reply(daemon.metrics) }
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

  private func onDaemon(_ body: @escaping @Sendable (isolated Daemon) -> Void) {
    let daemon = daemon
    daemon.executor.queue.async { daemon.assumeIsolated(body) }
  }
}
