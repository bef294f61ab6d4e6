import DaemonCore
import TokenCore

/// One process of the daemon: the machine under test, and what the performers hold for it.
struct Process {
  let number: Int
  var machine: DaemonMachine
  let begunAt: BootTime
  var wakeAt: BootTime?
  /// Highest generation that each outlet's writings must have.
  var fences: [OutletID: Int] = [:]
  /// Sockets that are served.
  var served: [SocketID: SocketRole] = [:]
  /// Sockets that this process holds open.
  var open: Set<SocketID> = []
  var posted: [String: Posting] = [:]
  var states: [String: ProfileState] = [:]
  var watched: Set<String> = []
  /// Exchanges in flight, as the world sees them.
  var exchanges: [ExchangeNumber: World.Exchange] = [:]
  /// Jobs that hang in a folder or elsewhere, by place.
  var hanging: [String: [World.PendingJob]] = [:]
  var jobsRunning = 0
  var lastSign: BootTime
  var isReady = false
  var isStopping = false
  var stopBegan: BootTime?
  var isDraining = false
  var hasExited = false
  var fileOutlets: Set<String> = []
}
