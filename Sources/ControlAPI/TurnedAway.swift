import NIOCore
import NIOHTTP1

/// Tells a connection for which there is no room so, without reading anything from it.
final class TurnedAway: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let text: String
  private let body: [UInt8]

  init(_ problem: Problem, date: String) {
    let answer = problem.answer
    let status = "\(answer.status.code) \(answer.status.reasonPhrase)"
    let headers =
      [
        ("Date", date), ("Content-Type", answer.contentType), ("Content-Length", "\(answer.body.count)"),
        ("Connection", "close"),
      ] + answer.headers.map { ($0.name, $0.value) }
    text = "HTTP/1.1 \(status)\r\n" + headers.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n"
    body = answer.body
  }

  func channelActive(context: ChannelHandlerContext) {
    var buffer = context.channel.allocator.buffer(string: text)
    buffer.writeBytes(body)
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
