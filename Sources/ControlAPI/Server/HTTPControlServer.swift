package import LinuxSystem
import NIOCore
import NIOPosix
import Synchronization
package import TokenCore
package import TokenService

/// Serves HTTP on one thread of its own.
package final class HTTPControlServer: ControlServer {
  /// How long a stop waits for callers to take their answers.
  private static let stoppingTime = TimeAmount.milliseconds(500)

  /// What lives on the event loop.
  private struct Parts {
    let handler: RequestHandler
    let register: ConnectionRegister
  }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let loop: any EventLoop
  private let limits: ServingLimits
  private let parts = Mutex<NIOLoopBound<Parts>?>(nil)
  private let listeners = Mutex<[String: EventLoopFuture<any Channel>]>([:])
  /// Listeners being opened or closed.
  private let changes = Mutex<[EventLoopFuture<Void>]>([])

  package init(limits: ServingLimits = ServingLimits()) {
    self.limits = limits
    loop = group.next()
  }

  package func share(_ budget: DescriptorBudget) {
    guard let parts = parts.withLock({ $0 }) else { return }
    let limits = limits.within(budget)
    loop.execute { parts.value.register.share(limits) }
  }

  package func start(_ service: ControlService, _ budget: DescriptorBudget) {
    let (loop, limits) = (loop, limits.within(budget))
    let made = loop.submit {
      let handler = RequestHandler(service, loop: loop, limits)
      let register = ConnectionRegister(service, handler: handler, loop: loop, limits)
      handler.monitoring.gauges = { [unowned register, unowned handler] statistics in
        statistics.connections = register.count
        statistics.memory = register.memoryInUse
        statistics.subscribers = handler.streams.subscriberCount
        statistics.demands = handler.pending.demandCount
      }
      return NIOLoopBound(Parts(handler: handler, register: register), eventLoop: loop)
    }
    // Only a loop that has been shut down refuses.
    parts.withLock { $0 = try? made.wait() }
  }

  package func listen(
    on descriptor: consuming OwnedFD, at place: String, offering offer: ControlOffer
  ) throws(SystemError) {
    guard let parts = parts.withLock({ $0 }) else { return }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptGuard(parts.value.handler))
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try parts.value.register.receive(channel, offering: offer) }
      }
    let raw = descriptor.release()
    // Nothing is waited for: the daemon's loop calls this.
    let channel = bootstrap.withBoundSocket(raw)
    // The library has made the queue short.
    let opened = channel.map { _ in ListeningSocket.lengthenQueue(of: raw) }
    listeners.withLock { $0[place] = channel }
    changes.withLock { $0.append(opened) }
  }

  package func stopListening(at place: String) {
    guard let channel = listeners.withLock({ $0.removeValue(forKey: place) }) else { return }
    changes.withLock { $0.append(channel.flatMap { $0.close() }) }
  }

  package func post(_ postings: [ControlPosting]) {
    guard let parts = parts.withLock({ $0 }) else { return }
    loop.execute { parts.value.handler.post(postings) }
  }

  package func probe(_ answer: @escaping @Sendable () -> Void) {
    loop.execute(answer)
  }

  package func confirm(_ answer: @escaping @Sendable () -> Void) {
    let changes = changes.withLock { changes in
      defer { changes = [] }
      return changes
    }
    // One that fails has ended, too. What was posted meanwhile comes before this.
    EventLoopFuture.andAllComplete(changes, on: loop).whenComplete { [loop] _ in loop.execute(answer) }
  }

  package func shutDown() {
    for place in listeners.withLock({ Array($0.keys) }) { stopListening(at: place) }
    if let parts = parts.withLock({ $0.take() }) {
      let loop = loop
      let over = loop.makePromise(of: Void.self)
      loop.execute {
        parts.value.register.stop().cascade(to: over)
        loop.scheduleTask(in: Self.stoppingTime) { over.succeed() }
      }
      try? over.futureResult.wait()
    }
    try? group.syncShutdownGracefully()
  }
}
