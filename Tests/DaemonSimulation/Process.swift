import DaemonCore
import TokenCore

/// One process of the daemon: the machine under test, and what the performers hold for it. A class, so that the machine
/// changes in place.
final class Process {
  let number: Int
  var machine: DaemonMachine
  let begunAt: BootTime
  var wakeAt: BootTime?
  /// Highest generation that each outlet's writings must have.
  var fences: [OutletID: Int] = [:]
  /// Sockets that are served.
  var served: [SocketID: SocketRole] = [:]
  var posted: [String: Posting] = [:]
  var watched: Set<String> = []
  /// Exchanges in flight, as the world sees them.
  var exchanges: [ExchangeNumber: World.Exchange] = [:]
  /// Jobs that hang in a folder or elsewhere, by place.
  var hanging: [String: [World.PendingJob]] = [:]
  /// Jobs that have begun and not returned.
  var jobs: [JobID: Job] = [:]
  /// On CLOCK_MONOTONIC.
  var lastSign: BootTime
  var isReady = false
  var isStopping = false
  var isDraining = false

  init(number: Int, machine: DaemonMachine, now: BootTime, awake: BootTime) {
    self.number = number
    self.machine = machine
    begunAt = now
    lastSign = awake
  }
}
