import Glibc
import NIOCore
import NIOHTTP1

/// One connection: collects a request, asks the service, and performs the plan.
final class HTTPHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let service: SimulatedService
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  /// The exchange whose answer hasn't been handed over wholly.
  private var exchange: Int?
  /// What happens next: the act after its delay, or the next piece of a slow body.
  private var next: Scheduled<Void>?
  private var hasBegunAnswer = false

  init(_ service: SimulatedService) {
    self.service = service
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let piece):
      body += piece.readableBytesView.prefix(Request.bodyLimit + 1 - body.count)
    case .end:
      guard let head else { return }
      let plan = service.handle(Request(head, body: body), at: .now())
      body = []
      exchange = plan.exchange
      after(plan.delay, context) { self.perform(plan.act, for: head, context) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    next?.cancel()
    if let exchange { service.finish(exchange, status: nil) }
    exchange = nil
  }

  /// What the HTTP parser refuses gets an answer as far as one can still be given; the parser closes the
  /// connection after this returns.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError, !hasBegunAnswer {
      let head = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/")
      send(Refusal(400, "this is not HTTP").answer, for: head, context)
    } else {
      context.close(promise: nil)
    }
  }

  private func after(_ seconds: Double, _ context: ChannelHandlerContext, _ act: @escaping () -> Void) {
    guard seconds > 0 else { return act() }
    let wait = TimeAmount.nanoseconds(Int64(seconds * 1e9))
    next = context.eventLoop.assumeIsolated().scheduleTask(in: wait, act)
  }

  private func perform(_ act: Plan.Act, for head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    switch act {
    case .hang:
      break
    case .reset:
      // socket(7): a close with a linger time of zero sends RST.
      let socket = context.channel as? any SocketOptionProvider
      _ = socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
      context.close(promise: nil)
    case .close:
      context.close(promise: nil)
    case .send(let answer, let bytesPerSecond):
      send(answer, for: head, bytesPerSecond: bytesPerSecond, context)
    }
  }

  private func send(
    _ answer: Answer, for head: HTTPRequestHead, bytesPerSecond: Double? = nil,
    _ context: ChannelHandlerContext
  ) {
    let response = HTTPResponseHead(answer, for: head, at: .now())
    let hasBody = response.status.mayHaveResponseBody && head.method != .HEAD
    let end = End(status: answer.status, keepAlive: head.isKeepAlive)
    hasBegunAnswer = true
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    let body = ByteBuffer(bytes: hasBody ? answer.body : [])
    if answer.isCut {
      let half = ByteBuffer(bytes: answer.body.prefix(answer.body.count / 2))
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(half))), promise: nil)
      context.close(promise: nil)
    } else if let bytesPerSecond {
      context.flush()
      dribble(body, bytesPerSecond, end, context)
    } else {
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      finish(end, context)
    }
  }

  /// Twenty pieces a second, or one byte at a time where that would be less.
  private func dribble(
    _ body: ByteBuffer, _ bytesPerSecond: Double, _ end: End, _ context: ChannelHandlerContext
  ) {
    var rest = body
    let length = min(max(1, Int(bytesPerSecond / 20)), rest.readableBytes)
    if let piece = rest.readSlice(length: length) {
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
    }
    // At once after the last piece: a client that has all of the body is done with the exchange.
    guard rest.readableBytes > 0 else { return finish(end, context) }
    after(Double(length) / bytesPerSecond, context) { self.dribble(rest, bytesPerSecond, end, context) }
  }

  private func finish(_ end: End, _ context: ChannelHandlerContext) {
    // Writing the end may bring the next request of the connection in at once, so all is put back first.
    let exchange = exchange
    self.exchange = nil
    head = nil
    hasBegunAnswer = false
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { result in
      let isWhole = if case .success = result { true } else { false }
      if let exchange { self.service.finish(exchange, status: isWhole ? end.status : nil) }
      if !end.keepAlive { context.close(promise: nil) }
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }
}

/// How an answer ends.
private struct End {
  let status: Int
  let keepAlive: Bool
}
