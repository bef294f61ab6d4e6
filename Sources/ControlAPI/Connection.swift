import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

/// One connection: collects a request, has it answered, and goes on with the next one, which isn't looked at before
/// the kernel has taken the answer.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// What it is at.
  private enum Phase {
    /// Waits for a request, or for the rest of one.
    case receiving
    /// The answer will come.
    case waiting
    /// An answer is on its way to the kernel.
    case sending
    /// Events follow each other; the subscriber keeps the connection.
    case streaming
    case closing
  }

  /// Answers in a row that may nest before the stack is given up.
  private static let deepestNesting = 16

  let id: UInt64
  let offer: ControlOffer
  /// `nil` over TCP, where nobody is asked who they are.
  let caller: ControlCaller?
  private let meter: RequestMeter
  private unowned let desk: Desk
  private var context: ChannelHandlerContext?
  private var phase = Phase.receiving
  private var since = NIODeadline.now()
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var isInputClosed = false
  private var nesting = 0
  private var isSendingEvents = false
  /// Counts requests, so that an answer which comes too late goes to nobody.
  private(set) var ticket: UInt64 = 0
  /// The daemon's to answer, for the request of this ticket.
  var demand: DemandID?

  init(
    id: UInt64, offer: ControlOffer, caller: ControlCaller?, meter: RequestMeter, desk: Desk
  ) {
    self.id = id
    self.offer = offer
    self.caller = caller
    self.meter = meter
    self.desk = desk
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closing
    desk.leave(self)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .receiving else { return }
    switch Self.unwrapInboundIn(data) {
    case .head(let head): begin(head)
    case .body(let piece): take(piece)
    case .end: ask()
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    self.head = head
    body = []
    if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > desk.limits.body
    {
      return refuse(.bodyTooLong(desk.limits.body))
    }
    let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
    if expects, head.version == .http1_1 {
      let response = HTTPResponseHead(version: .http1_1, status: .continue)
      context?.writeAndFlush(Self.wrapOutboundOut(.head(response)), promise: nil)
    }
  }

  private func take(_ piece: ByteBuffer) {
    guard body.count + piece.readableBytes <= desk.limits.body else {
      return refuse(.bodyTooLong(desk.limits.body))
    }
    body += piece.readableBytesView
  }

  private func ask() {
    guard let head else { return }
    enter(.waiting)
    ticket += 1
    let body = body
    self.body = []
    desk.answer(head, body, to: self)
  }

  private func enter(_ phase: Phase) {
    self.phase = phase
    since = .now()
  }

  /// The request isn't read to its end, so nothing can follow it.
  private func refuse(_ problem: Problem) {
    head = head ?? HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
    ticket += 1
    respond(problem.answer, isLast: true)
  }

  /// What the parser can't make out. While an answer is under way the pipeline keeps this back.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError, phase == .receiving else {
      return context.close(promise: nil)
    }
    let isTooLong = error == .headerOverflow
    let problem =
      isTooLong
      ? Problem(
        .requestHeaderFieldsTooLarge,
        "a request's target and header fields may have \(desk.limits.head) bytes")
      : Problem(.badRequest, "this is not HTTP/1.1")
    refuse(problem)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event {
      isInputClosed = true
      if phase == .receiving { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// Closes who takes too long, or has nothing to ask.
  func review(_ now: NIODeadline) {
    let limits = desk.limits
    let isOverdue =
      switch phase {
      case .receiving:
        meter.begunAt.map { now - $0 > .init(limits.receiving) } ?? (now - since > .init(limits.idle))
      case .sending, .closing: now - since > .init(limits.sending)
      case .waiting, .streaming: false
      }
    if isOverdue { close() }
  }

  /// Nothing of a request is there and none is being answered.
  var isIdle: Bool { phase == .receiving && meter.begunAt == nil && ticket > 0 }

  func close() {
    context?.close(promise: nil)
  }

  var isOpen: Bool { context?.channel.isActive ?? false }
}

extension Connection {
  /// Sends the answer to the request with this ticket.
  func respond(_ answer: Answer, to ticket: UInt64) {
    guard ticket == self.ticket, phase == .waiting else { return }
    respond(answer, isLast: false)
  }

  private func respond(_ answer: Answer, isLast: Bool) {
    guard let context, let head, isOpen else { return }
    enter(.sending)
    // The parser takes nothing after an offer to upgrade, which is never taken up.
    let isLast =
      isLast || isInputClosed || desk.isStopping || !head.isKeepAlive
      || head.headers.contains(name: "Upgrade")
    var response = responseHead(answer.status, answer.contentType, answer.headers, isLast: isLast)
    response.headers.add(name: "Content-Length", value: "\(answer.body.count)")
    desk.note(answer.status)
    let written = context.eventLoop.makePromise(of: Void.self)
    // The pipeline lets the next request in once it has seen the end of this answer. So the end isn't written before
    // the kernel has taken the rest: somebody who asks and asks and never reads fills no memory here.
    written.futureResult.assumeIsolated().whenComplete { [self] result in
      guard case .success = result else { return close() }
      finish(isLast: isLast)
    }
    if answer.body.isEmpty || head.method == .HEAD {
      context.writeAndFlush(Self.wrapOutboundOut(.head(response)), promise: written)
    } else {
      context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
      let body = context.channel.allocator.buffer(bytes: answer.body)
      context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: written)
    }
  }

  private func responseHead(
    _ status: HTTPResponseStatus, _ contentType: String, _ headers: [(name: String, value: String)],
    isLast: Bool
  ) -> HTTPResponseHead {
    var response = HTTPResponseHead(version: .http1_1, status: status)
    response.headers.add(name: "Date", value: desk.date)
    response.headers.add(name: "Content-Type", value: contentType)
    response.headers.add(name: "X-Content-Type-Options", value: "nosniff")
    for (name, value) in headers { response.headers.add(name: name, value: value) }
    if isLast {
      response.headers.add(name: "Connection", value: "close")
    } else if head?.version == .http1_0 {
      response.headers.add(name: "Connection", value: "keep-alive")
    }
    return response
  }

  /// Many requests that came in one piece would nest as deeply as they are many.
  private func finish(isLast: Bool) {
    guard nesting < Self.deepestNesting else {
      nesting = 0
      context?.eventLoop.assumeIsolated().execute { [self] in finish(isLast: isLast) }
      return
    }
    guard let context, isOpen else { return }
    // The client may have said meanwhile that nothing more will come.
    let isLast = isLast || isInputClosed
    head = nil
    enter(isLast ? .closing : .receiving)
    meter.restart(since)
    nesting += 1
    if isLast {
      let ended = context.eventLoop.makePromise(of: Void.self)
      ended.futureResult.assumeIsolated().whenComplete { [self] _ in close() }
      context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: ended)
    } else {
      context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
    nesting = max(0, nesting - 1)
  }

  /// Begins a stream of events; it ends with the connection.
  func stream(_ first: [UInt8], to ticket: UInt64) -> Bool {
    guard ticket == self.ticket, phase == .waiting, let context, let head else { return false }
    desk.note(.ok)
    let response = responseHead(.ok, "text/event-stream", [Answer.noStore], isLast: true)
    guard head.method != .HEAD else {
      // Not even the end of the chunks follows.
      enter(.closing)
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenComplete { [self] _ in close() }
      context.writeAndFlush(Self.wrapOutboundOut(.head(response)), promise: written)
      return false
    }
    enter(.streaming)
    context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
    send(event: context.channel.allocator.buffer(bytes: first))
    return true
  }

  /// Sends a piece of the stream. Who hasn't taken the piece before it is cut off, and not buffered for.
  func send(event: ByteBuffer) {
    guard phase == .streaming, let context else { return }
    guard !isSendingEvents else { return close() }
    isSendingEvents = true
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] result in
      isSendingEvents = false
      if case .failure = result { close() }
    }
    context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(event))), promise: written)
  }

  /// Ends a stream properly.
  func endStream() {
    if phase == .streaming { finish(isLast: true) }
  }

  /// The server stops: nobody waits any longer, and who has asked nothing yet may still do so.
  func stop() {
    respond(Problem.stopping.answer, to: ticket)
    endStream()
    if isIdle { close() }
  }
}
