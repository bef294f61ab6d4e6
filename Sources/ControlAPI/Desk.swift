import LinuxSystem
import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

/// Knows every profile's state and every connection, and answers requests. Confined to the event loop.
final class Desk {
  let service: ControlService
  let loop: any EventLoop
  let limits: ServingLimits
  private(set) var isStopping = false
  var logs: [String: EventLog] = [:]
  var connections: [UInt64: Connection] = [:]
  /// By profile.
  var subscribers: [String: [UInt64: Connection]] = [:]
  /// Readers whose header isn't there yet, by their connection's id.
  var waiting: [UInt64: WaitingReader] = [:]
  /// What to do with the outcome of demands that the daemon hasn't answered yet.
  var demands: [DemandID: (Desk, RefreshOutcome) -> Void] = [:]
  private var lastDemand: UInt64 = 0
  private var crowd: ConnectionCrowd
  private var statistics = HTTPStatistics()
  private var lastID: UInt64 = 0
  private var lastRun: UInt64 = 0
  /// Tells this process's event ids from those of another one.
  private let processName = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  private var dateCache: (second: Int, text: String) = (0, "")
  private var whenEmpty: EventLoopPromise<Void>?
  private var tasks: [RepeatedTask] = []

  init(_ service: ControlService, loop: any EventLoop, _ limits: ServingLimits, _ budget: DescriptorBudget) {
    self.service = service
    self.loop = loop
    self.limits = limits
    crowd = ConnectionCrowd(limit: min(limits.connections, budget.connections))
  }

  func startClocks() {
    let desk = NIOLoopBound(self, eventLoop: loop)
    let (review, heartbeat) = (TimeAmount(limits.review), TimeAmount(limits.heartbeat))
    tasks = [
      loop.scheduleRepeatedTask(initialDelay: review, delay: review) { _ in
        desk.value.reviewConnections()
      },
      loop.scheduleRepeatedTask(initialDelay: heartbeat, delay: heartbeat) { _ in
        desk.value.sendHeartbeat()
      },
    ]
  }

  private func reviewConnections() {
    let now = NIODeadline.now()
    for connection in Array(connections.values) { connection.review(now) }
  }

  private func sendHeartbeat() {
    let heartbeat = ByteBuffer(string: ":\n\n")
    for connection in subscribers.values.flatMap(\.values) { connection.send(event: heartbeat) }
  }

  /// Makes a connection of an accepted channel.
  ///
  /// - Throws: where nobody can say who is there; the channel is closed then.
  func receive(_ channel: any Channel, offering offer: ControlOffer) throws {
    let pipeline = channel.pipeline.syncOperations
    let caller: ControlCaller? =
      switch offer {
      case .monitoring: nil
      case .everything:
        try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
          try ControlCaller(socket: $0)
        }
      }
    guard !isStopping, crowd.enter(caller?.uid ?? .max) else {
      return try pipeline.addHandler(TurnedAway(isStopping ? .stopping : .tooManyConnections, date: date))
    }
    var parsing = NIOHTTPDecoderLimitConfiguration()
    parsing.maxHeaderFieldSize = limits.head
    parsing.maxHeaderListSize = limits.head
    parsing.maxHeaderFieldCount = 100
    lastID += 1
    let meter = RequestMeter(limits)
    let connection = Connection(id: lastID, offer: offer, caller: caller, meter: meter, desk: self)
    let decoder = HTTPRequestDecoder(
      leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: parsing)
    connections[connection.id] = connection
    do {
      try pipeline.addHandlers([
        RequestMeter.Bytes(meter), HTTPResponseEncoder(), ByteToMessageHandler(decoder),
        RequestMeter.Parts(meter), HTTPServerPipelineHandler(), connection,
      ])
    } catch {
      leave(connection)
      throw error
    }
  }

  func leave(_ connection: Connection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    crowd.leave(connection.caller?.uid ?? .max)
    waiting.removeValue(forKey: connection.id)?.timer?.cancel()
    if let demand = connection.demand, demands.removeValue(forKey: demand) != nil {
      service.ask(.cancel(demand))
    }
    for name in subscribers.keys { subscribers[name]?[connection.id] = nil }
    if connections.isEmpty { whenEmpty?.succeed() }
  }

  func note(_ status: HTTPResponseStatus) {
    statistics.answersByStatus[status.code, default: 0] += 1
  }

  var currentStatistics: HTTPStatistics {
    var statistics = statistics
    statistics.connections = connections.count
    statistics.subscribers = subscribers.values.reduce(0) { $0 + $1.count }
    return statistics
  }

  /// The `Date` header (RFC 9110 section 6.6.1).
  var date: String {
    let now = timeOfDay()
    if dateCache.second != Int(now) { dateCache = (Int(now), HTTPDate.text(now)) }
    return dateCache.text
  }

  func newDemand() -> DemandID {
    lastDemand += 1
    return DemandID(lastDemand)
  }

  func newRun() -> String {
    lastRun += 1
    return "\(processName).\(lastRun)"
  }

  /// Answers everybody who waits, and closes who asks nothing.
  ///
  /// - Returns: when no connection is left.
  func stop() -> EventLoopFuture<Void> {
    isStopping = true
    for task in tasks { task.cancel() }
    let promise = loop.makePromise(of: Void.self)
    whenEmpty = promise
    for connection in Array(connections.values) { connection.stop() }
    if connections.isEmpty { promise.succeed() }
    return promise.futureResult
  }
}
