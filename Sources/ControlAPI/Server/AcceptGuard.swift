import LinuxSystem
import NIOCore
import NIOPosix
import TokenService

/// Sits at a listener: if this process has no descriptor left, the caller at the head of the queue is turned away,
/// so that the loop doesn't spin on a listener that stays readable, and callers don't wait in vain.
final class AcceptGuard: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let restTime = TimeAmount.milliseconds(100)

  private let handler: RequestHandler
  /// Given up for a moment to accept one more connection with.
  private var spare = try? OwnedFD.spare()

  init(_ handler: RequestHandler) {
    self.handler = handler
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError, SystemError("accept", "", errno: error.errnoCode).isShortage else {
      return context.fireErrorCaught(error)
    }
    handler.service.noteOutOfDescriptors(errno: error.errnoCode)
    if !turnAwayNext(context) { rest(context) }
  }

  /// - Returns: whether another one may be tried at once.
  private func turnAwayNext(_ context: ChannelHandlerContext) -> Bool {
    spare = nil
    defer { spare = try? OwnedFD.spare() }
    let taken = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { listener in
      guard let caller = ListeningSocket.acceptNext(on: listener) else { return false }
      let refusal = Problem.tooManyConnections.response.rendered(date: handler.date)
      _ = caller.sendNow(refusal.span)
      return true
    }
    return taken ?? false
  }

  private func rest(_ context: ChannelHandlerContext) {
    let channel = context.channel
    _ = channel.setOption(.autoRead, value: false)
    context.eventLoop.scheduleTask(in: Self.restTime) {
      channel.setOption(.autoRead, value: true)
    }
  }
}
