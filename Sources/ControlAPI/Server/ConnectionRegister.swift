import LinuxSystem
import NIOCore
import NIOHTTP1
import NIOPosix
import TokenCore
import TokenService

/// All connections: lets them in within their limits, closes those whose time is over, and knows what they hold.
/// Confined to the event loop.
final class ConnectionRegister {
  private(set) var limits: ServingLimits
  let loop: any EventLoop
  private let service: ControlService
  private let handler: RequestHandler
  private var connections: [UInt64: Connection] = [:]
  private var quota: UserQuota
  private var metricsConnections = 0
  private var memory: UserQuota
  private var lastID: UInt64 = 0
  private var review: (at: NIODeadline, task: Scheduled<Void>)?
  private var whenEmpty: EventLoopPromise<Void>?

  init(_ service: ControlService, handler: RequestHandler, loop: any EventLoop, _ limits: ServingLimits) {
    self.service = service
    self.handler = handler
    self.loop = loop
    self.limits = limits
    quota = UserQuota(limit: limits.connections)
    memory = UserQuota(limit: limits.memory)
  }

  var count: Int { connections.count }
  var isStopping: Bool { whenEmpty != nil }

  /// Makes a connection of an accepted channel.
  ///
  /// - Throws: if the kernel can't say which process is there; the channel is closed then.
  func receive(_ channel: any Channel, offering offer: ControlOffer) throws {
    let pipeline = channel.pipeline.syncOperations
    let caller: ControlCaller?
    switch offer {
    case .monitoring: caller = nil
    case .everything:
      do {
        caller = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
          try ControlCaller(socket: $0)
        }
      } catch let error as SystemError where error.isShortage {
        service.noteOutOfDescriptors(errno: error.errno)
        return try pipeline.addHandler(OverloadHandler(.tooManyConnections, date: handler.date))
      }
    }
    guard !isStopping, enter(caller, offer) else {
      let problem: Problem = isStopping ? .stopping : .tooManyConnections
      return try pipeline.addHandler(OverloadHandler(problem, date: handler.date))
    }
    lastID += 1
    let intake = RequestIntake(self, user: caller?.uid ?? .max, receiving: receivingTime(offer))
    let connection = Connection(
      id: lastID, offer: offer, caller: caller, intake: intake, register: self, handler: handler)
    do {
      try pipeline.addHandlers([
        intake, HTTPResponseEncoder(), ByteToMessageHandler(decoder), HTTPServerPipelineHandler(), connection,
      ])
    } catch {
      exit(caller, offer)
      throw error
    }
    connections[connection.id] = connection
    note(connection.deadline)
  }

  private var decoder: HTTPRequestDecoder {
    var parsing = NIOHTTPDecoderLimitConfiguration()
    parsing.maxHeaderFieldSize = limits.head
    parsing.maxHeaderListSize = limits.head
    parsing.maxHeaderFieldCount = 100
    return HTTPRequestDecoder(
      leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: parsing)
  }

  /// The connection has ended.
  func leave(_ connection: Connection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    exit(connection.caller, connection.offer)
    if connections.isEmpty { whenEmpty?.succeed() }
  }

  private func enter(_ caller: ControlCaller?, _ offer: ControlOffer) -> Bool {
    switch offer {
    case .everything: return quota.take(1, caller?.uid ?? .max)
    case .monitoring:
      if metricsConnections >= limits.metricsConnections { makeRoom() }
      guard metricsConnections < limits.metricsConnections else { return false }
      metricsConnections += 1
      return true
    }
  }

  private func exit(_ caller: ControlCaller?, _ offer: ControlOffer) {
    switch offer {
    case .everything: quota.giveBack(1, caller?.uid ?? .max)
    case .monitoring: metricsConnections -= 1
    }
  }

  /// Closes the connection over TCP that has waited longest: for a request, else for its answer to be read.
  private func makeRoom() {
    let candidates = connections.values.filter { $0.offer == .monitoring }.compactMap { connection in
      connection.rank.map { (connection, rank: $0) }
    }
    candidates.min { $0.rank < $1.rank }?.0.evict()
  }

  /// What there is of descriptors is shared out in another way. Those who are connected stay.
  func share(_ limits: ServingLimits) {
    self.limits = limits
    quota.limit = max(2, limits.connections)
  }

  // MARK: - Memory

  func takeMemory(_ count: Int, _ user: UInt32) -> Bool { memory.take(count, user) }

  func giveBackMemory(_ count: Int, _ user: UInt32) { memory.giveBack(count, user) }

  var memoryInUse: Int { memory.used }

  // MARK: - Time

  func receivingTime(_ offer: ControlOffer) -> TimeAmount {
    TimeAmount(offer == .monitoring ? limits.metricsRequest : limits.receiving)
  }

  func sendingTime(_ offer: ControlOffer) -> TimeAmount {
    TimeAmount(offer == .monitoring ? limits.metricsRequest : limits.sending)
  }

  /// Something has a deadline; connections are looked at then. One timer serves all, and there is none while nothing
  /// is connected.
  func note(_ deadline: NIODeadline?) {
    guard let deadline else { return }
    if let review, review.at <= deadline { return }
    review?.task.cancel()
    let at = max(deadline, .now() + TimeAmount(limits.review))
    if let review, review.at <= at { return schedule(review.at) }
    schedule(at)
  }

  private func schedule(_ at: NIODeadline) {
    let task = loop.assumeIsolated().scheduleTask(deadline: at) { [self] in
      review = nil
      let now = NIODeadline.now()
      for connection in Array(connections.values) where connection.deadline.map({ $0 <= now }) ?? false {
        connection.close()
      }
      note(connections.values.compactMap(\.deadline).min())
    }
    review = (at, task)
  }

  // MARK: - The end

  /// Has pending requests answered, and closes idle connections.
  ///
  /// - Returns: when no connection is left.
  func stop() -> EventLoopFuture<Void> {
    let promise = loop.makePromise(of: Void.self)
    whenEmpty = promise
    review?.task.cancel()
    review = nil
    handler.stop()
    for connection in Array(connections.values) { connection.stop() }
    if connections.isEmpty { promise.succeed() }
    return promise.futureResult
  }
}
