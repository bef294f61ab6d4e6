package import TokenCore

/// What the HTTP server asks of the daemon.
package enum ControlRequest: Sendable {
  /// Ends with a ``ControlPosting/answered(_:_:_:)``, unless it is cancelled before.
  case demand(RefreshDemand)
  /// The caller has gone. The exchange in flight goes on.
  case cancel(DemandID)
  /// The reply shows that the daemon's own loop comes round.
  case livenessCheck(reply: @Sendable () -> Void)
  case metrics(reply: @Sendable (ControlMetrics) -> Void)
}
