import TokenCore

/// Whether systemd may be told that the daemon lives: its own loop has come round, and the thread that serves
/// readers has as well since it was last asked to.
struct LifeSigns {
  /// How often to show one; `nil` where nobody watches.
  let interval: Duration?
  private let patience: Duration
  private var heartbeat = 0
  private var movedAt: BootTime

  /// `interval`: after which time without a sign systemd ends the daemon.
  init(interval: Duration?, now: BootTime) {
    self.interval = interval.map { $0 / 3 }
    patience = interval ?? .zero
    movedAt = now
  }

  mutating func isAlive(heartbeat: Int, now: BootTime) -> Bool {
    guard interval != nil else { return false }
    if heartbeat != self.heartbeat {
      self.heartbeat = heartbeat
      movedAt = now
    }
    return now - movedAt < patience
  }
}
