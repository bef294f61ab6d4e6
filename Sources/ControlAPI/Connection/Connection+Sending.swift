import NIOCore
import NIOHTTP1

extension Connection {
  /// Sends the answer to the request of this number, unless the connection is past it.
  func respond(_ response: Response, to id: UInt64) {
    guard case .answering(let facts) = phase, facts.id == id else { return }
    send(response, facts)
  }

  func send(_ response: Response, _ facts: RequestFacts) {
    guard let context, isOpen else { return }
    var facts = facts
    facts.isLast = facts.isLast || isInputClosed || register.isStopping
    var response = response
    var memory = facts.isHead ? 0 : response.body.count
    if !register.takeMemory(memory, user) {
      (response, memory) = (Problem.tooManyRequests.response, 0)
    }
    phase = .sending(facts, memory: memory, since: .now())
    handler.note(response.status)
    let written = context.eventLoop.makePromise(of: Void.self)
    // The pipeline lets the next request in once it has seen the end of this answer. So the end isn't written before
    // the kernel has taken the rest: a client that pipelines requests and never reads can't grow our buffers.
    written.futureResult.assumeIsolated().whenComplete { [self] result in
      guard case .success = result else { return close() }
      finish()
    }
    let head = head(of: response, facts)
    if response.body.isEmpty || facts.isHead {
      context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: written)
    } else {
      context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
      let body = context.channel.allocator.buffer(bytes: response.body)
      context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: written)
    }
  }

  private func head(of response: Response, _ facts: RequestFacts) -> HTTPResponseHead {
    var head = head(response.status, response.headers, facts)
    // A response without content has no length either (RFC 9110 section 8.6).
    if response.status != .noContent {
      head.headers.add(name: "Content-Length", value: "\(response.body.count)")
    }
    return head
  }

  private func head(
    _ status: HTTPResponseStatus, _ headers: [(name: String, value: String)], _ facts: RequestFacts
  ) -> HTTPResponseHead {
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "Date", value: handler.date)
    head.headers.add(name: "X-Content-Type-Options", value: "nosniff")
    for (name, value) in headers { head.headers.add(name: name, value: value) }
    if facts.isLast {
      head.headers.add(name: "Connection", value: "close")
    } else if facts.isHTTP10 {
      head.headers.add(name: "Connection", value: "keep-alive")
    }
    return head
  }

  /// The kernel has taken the answer.
  private func finish() {
    guard let context, case .sending(let facts, let memory, _) = phase else { return }
    register.giveBackMemory(memory, user)
    // The client may have said meanwhile that nothing more will come.
    guard !facts.isLast, !isInputClosed else { return finishLast(context) }
    phase = .idle(since: .now())
    hasAsked = true
    intake.requestEnded()
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    intake.pump()
  }

  /// Ends the connection so that the caller gets the answer: what it still sends is thrown away for a moment, since a
  /// close with unread bytes would reset the connection.
  private func finishLast(_ context: ChannelHandlerContext) {
    phase = .closing(since: .now())
    intake.discard()
    let ended = context.eventLoop.makePromise(of: Void.self)
    ended.futureResult.assumeIsolated().whenComplete { [self] result in
      guard case .success = result, !isInputClosed, !register.isStopping else { return close() }
      context.close(mode: .output, promise: nil)
    }
    context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: ended)
  }

  // MARK: - Events

  /// Begins a stream of events; it ends with the connection. The handler counts a subscriber only once the first
  /// events are written and the connection is still there.
  func stream(_ events: [UInt8], of profile: String, _ facts: RequestFacts) {
    guard let context else { return }
    var facts = facts
    facts.isLast = true
    handler.note(.ok)
    let head = head(.ok, [("Content-Type", "text/event-stream"), Response.noStore], facts)
    guard !facts.isHead else {
      // Not even the end of the chunks follows.
      phase = .closing(since: .now())
      let written = context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenComplete { [self] _ in close() }
      return context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: written)
    }
    phase = .streaming(profile: profile, isSending: false)
    context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    send(event: context.channel.allocator.buffer(bytes: events))
    if case .streaming = phase, isOpen { handler.subscribe(self, to: profile) }
  }

  /// Sends a piece of the stream. A subscriber that hasn't taken the piece before it is cut off, and not buffered for.
  func send(event: ByteBuffer) {
    guard let context, case .streaming(let profile, let isSending) = phase else { return }
    guard !isSending else { return close() }
    phase = .streaming(profile: profile, isSending: true)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] result in
      guard case .success = result else { return close() }
      if case .streaming(let profile, _) = phase {
        phase = .streaming(profile: profile, isSending: false)
      }
    }
    context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(event))), promise: written)
  }

  /// Ends a stream properly.
  func endStream() {
    guard let context, case .streaming(let profile, _) = phase else { return }
    handler.unsubscribe(self, from: profile)
    finishLast(context)
  }
}
