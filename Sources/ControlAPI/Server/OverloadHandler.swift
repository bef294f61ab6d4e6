import NIOCore
import NIOHTTP1

/// Tells a connection for which there is no room so, without reading anything from it.
final class OverloadHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let bytes: [UInt8]

  init(_ problem: Problem, date: String) {
    bytes = problem.response.rendered(date: date)
  }

  func channelActive(context: ChannelHandlerContext) {
    let buffer = context.channel.allocator.buffer(bytes: bytes)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: written)
  }
}

extension Problem {
  static let tooManyConnections = Problem(
    .serviceUnavailable, "too many connections are open, in all or of this user", code: .tooManyConnections,
    retryAfter: 1)
}

extension Response {
  /// The bytes of the last response on a connection, for those that have no encoder.
  func rendered(date: String) -> [UInt8] {
    let fields =
      [("Date", date), ("Content-Length", "\(body.count)"), ("Connection", "close")]
      + headers.map { ($0.name, $0.value) }
    let head =
      "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n" + fields.map { "\($0.0): \($0.1)\r\n" }.joined()
      + "\r\n"
    return Array(head.utf8) + body
  }
}
