import Synchronization

/// The simulator that all connections share.
final class SimulatedService: Sendable {
  private let simulator: Mutex<Simulator>

  init(_ simulator: Simulator) {
    self.simulator = Mutex(simulator)
  }

  func handle(_ request: Request, at now: Moment) -> Plan {
    simulator.withLock { $0.handle(request, at: now) }
  }

  func finish(_ exchange: Int, status: Int?) {
    simulator.withLock { $0.finish(exchange, status: status) }
  }
}
