import NIOCore
import NIOHTTP1
import NIOPosix

/// The simulator on a loopback socket, from `init` to ``stop()``.
///
/// One thread serves everything, so that an answer that a client has read is finished before the next
/// request is looked at; counts of requests in flight depend on it.
final class SimulatorServer: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  let port: Int

  /// - Throws: ``StartFailure`` where the address can't be listened on.
  init(simulator: Simulator, listen: ListenAddress) throws(StartFailure) {
    let service = SimulatedService(simulator)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          // Without NIO's error handler: ours answers those requests too, with a Date header.
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          try channel.pipeline.syncOperations.addHandler(HTTPHandler(service))
        }
      }
    do {
      channel = try bootstrap.bind(host: listen.host, port: listen.port).wait()
    } catch {
      try? group.syncShutdownGracefully()
      throw StartFailure("listen on", listen.description, error)
    }
    port = channel.localAddress?.port ?? listen.port
  }

  /// Closes every connection and ends the thread.
  func stop() throws {
    try group.syncShutdownGracefully()
  }
}
