package import LinuxSystem
import NIOCore
import NIOPosix
import Synchronization
package import TokenCore
package import TokenService

/// Serves HTTP on one thread of its own.
package final class HTTPControlServer: ControlServer {
  /// How long a stop waits for those who are being answered.
  private static let stoppingTime = TimeAmount.milliseconds(500)

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let loop: any EventLoop
  private let limits: ServingLimits
  private let desk = Mutex<NIOLoopBound<Desk>?>(nil)
  private let listeners = Mutex<[String: EventLoopFuture<any Channel>]>([:])

  package init(limits: ServingLimits = ServingLimits()) {
    self.limits = limits
    loop = group.next()
  }

  package func start(_ service: ControlService, _ budget: DescriptorBudget) {
    let (loop, limits) = (loop, limits)
    let made = loop.submit {
      let desk = Desk(service, loop: loop, limits, budget)
      desk.startClocks()
      return NIOLoopBound(desk, eventLoop: loop)
    }
    // Only a loop that has been shut down refuses.
    desk.withLock { $0 = try? made.wait() }
  }

  package func listen(
    on descriptor: consuming OwnedFD, at place: String, offering offer: ControlOffer
  ) throws(SystemError) {
    guard let desk = desk.withLock({ $0 }) else { return }
    let bootstrap = ServerBootstrap(group: group)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try desk.value.receive(channel, offering: offer) }
      }
    // Nothing is waited for: the daemon's loop calls this.
    let channel = bootstrap.withBoundSocket(descriptor.release())
    listeners.withLock { $0[place] = channel }
  }

  package func stopListening(at place: String) {
    guard let channel = listeners.withLock({ $0.removeValue(forKey: place) }) else { return }
    channel.whenSuccess { $0.close(promise: nil) }
  }

  package func post(_ postings: [ControlPosting]) {
    guard let desk = desk.withLock({ $0 }) else { return }
    loop.execute { desk.value.post(postings) }
  }

  package func probe(_ answer: @escaping @Sendable () -> Void) {
    loop.execute(answer)
  }

  package func shutDown() {
    let desk = desk.withLock { $0.take() }
    for place in listeners.withLock({ Array($0.keys) }) { stopListening(at: place) }
    if let desk {
      let loop = loop
      let over = loop.makePromise(of: Void.self)
      loop.execute {
        desk.value.stop().cascade(to: over)
        loop.scheduleTask(in: Self.stoppingTime) { over.succeed() }
      }
      try? over.futureResult.wait()
    }
    try? group.syncShutdownGracefully()
  }
}
