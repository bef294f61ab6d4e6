import NIOCore
import NIOHTTP1
import TokenCore
import TokenService

/// One connection: collects a request, has it answered, and goes on with the next one, which isn't looked at before
/// the kernel has taken the answer.
final class Connection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// What it is at, with what is needed for that.
  enum Phase {
    /// No request has come, or only a part of its head.
    case idle(since: NIODeadline)
    /// The head is here; the rest isn't.
    case receiving(IncomingRequest, since: NIODeadline)
    /// The handler knows the request by this number until it is answered or abandoned.
    case answering(RequestFacts)
    /// An answer is on its way to the kernel. `memory`: what it has taken of the shared memory.
    case sending(RequestFacts, memory: Int, since: NIODeadline)
    /// Events follow each other. `isSending`: the kernel hasn't taken the last one yet.
    case streaming(profile: String, isSending: Bool)
    /// The last answer is sent; what the caller still sends is thrown away.
    case closing(since: NIODeadline)
    case closed
  }

  let id: UInt64
  let offer: ControlOffer
  /// `nil` over TCP, where callers aren't told apart.
  let caller: ControlCaller?
  let intake: RequestIntake
  let register: ConnectionRegister
  let handler: RequestHandler
  private(set) var context: ChannelHandlerContext?
  var phase = Phase.idle(since: .now()) {
    didSet { register.note(deadline) }
  }
  private(set) var isInputClosed = false
  /// Whether a request has been answered.
  var hasAsked = false

  init(
    id: UInt64, offer: ControlOffer, caller: ControlCaller?, intake: RequestIntake,
    register: ConnectionRegister, handler: RequestHandler
  ) {
    self.id = id
    self.offer = offer
    self.caller = caller
    self.intake = intake
    self.register = register
    self.handler = handler
  }

  var user: UInt32 { caller?.uid ?? .max }

  var isOpen: Bool {
    if case .closed = phase { return false }
    return context?.channel.isActive ?? false
  }

  func close() {
    context?.close(promise: nil)
  }

  /// Closes it for another one: its place is free at once. A channel that isn't active yet says only later that it has
  /// been closed.
  func evict() {
    let context = context
    end()
    context?.close(promise: nil)
  }

  // MARK: - Its beginning and its end

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  /// A channel that never became active ends here.
  func handlerRemoved(context: ChannelHandlerContext) {
    end()
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  /// Gives back what the phase holds.
  private func end() {
    switch phase {
    case .closed: return
    case .answering(let request): handler.abandon(request.id)
    case .sending(_, let memory, _): register.giveBackMemory(memory, user)
    case .streaming(let profile, _): handler.unsubscribe(self, from: profile)
    case .idle, .receiving, .closing: break
    }
    phase = .closed
    register.leave(self)
  }

  // MARK: - Receiving

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (Self.unwrapInboundIn(data), phase) {
    case (.head(let head), .idle): begin(head)
    case (.body(let piece), .receiving(let incoming, let since)): take(piece, incoming, since)
    case (.end, .receiving(let incoming, _)): ask(incoming)
    default: break
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    let facts = RequestFacts(head, id: handler.newRequest())
    let plan = handler.plan(head, offer, caller)
    let declared = DeclaredBody(head)
    guard plan.body.admits(declared) else { return refuse(plan.problem ?? plan.body.problem, facts) }
    phase = .receiving(IncomingRequest(facts: facts, head: head, plan: plan), since: intake.begunAt ?? .now())
    if declared.isAwaited(head) {
      let response = HTTPResponseHead(version: .http1_1, status: .continue)
      context?.writeAndFlush(Self.wrapOutboundOut(.head(response)), promise: nil)
    }
  }

  private func take(_ piece: ByteBuffer, _ incoming: IncomingRequest, _ since: NIODeadline) {
    var incoming = incoming
    // The phase lets go of the body, so that it isn't copied for each piece.
    phase = .idle(since: since)
    guard incoming.take(piece) else { return refuse(incoming.plan.body.problem, incoming.facts) }
    phase = .receiving(incoming, since: since)
  }

  private func ask(_ incoming: IncomingRequest) {
    intake.pause()
    phase = .answering(incoming.facts)
    switch handler.reply(to: incoming, on: self) {
    case .now(let response): respond(response, to: incoming.facts.id)
    case .stream(let profile, let events): stream(events, of: profile, incoming.facts)
    case .later: break
    }
  }

  /// The request isn't read to its end, so nothing can follow it.
  func refuse(_ problem: Problem, _ facts: RequestFacts) {
    intake.discard()
    var facts = facts
    facts.isLast = true
    send(problem.response, facts)
  }

  /// What the parser can't make out. While an answer is under way the pipeline keeps this back.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else { return close() }
    let problem =
      error == .headerOverflow
      ? Problem(
        .requestHeaderFieldsTooLarge,
        "a request's target and header fields may have \(register.limits.head) bytes")
      : Problem(.badRequest, "this is not HTTP/1.1")
    switch phase {
    case .idle: refuse(problem, RequestFacts(id: handler.newRequest()))
    case .receiving(let incoming, _): refuse(problem, incoming.facts)
    case .answering, .sending, .streaming: close()
    case .closing, .closed: break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      isInputClosed = true
      switch phase {
      case .idle, .receiving, .closing: close()
      case .answering, .sending, .streaming, .closed: break
      }
    case IntakeEvent.outOfMemory: refuseMemory()
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// There is no memory for what is on its way.
  private func refuseMemory() {
    switch phase {
    case .idle:
      handler.note(Problem.tooManyRequests.status)
      phase = .closing(since: .now())
      intake.sendLast(Problem.tooManyRequests.response.rendered(date: handler.date))
    case .receiving(let incoming, _): refuse(.tooManyRequests, incoming.facts)
    case .answering, .sending, .streaming: close()
    case .closing, .closed: break
    }
  }

  // MARK: - Time

  /// When it is to be closed.
  var deadline: NIODeadline? {
    switch phase {
    case .idle(let since):
      intake.begunAt.map { $0 + register.receivingTime(offer) } ?? (since + TimeAmount(register.limits.idle))
    case .receiving(_, let since): since + register.receivingTime(offer)
    case .sending(_, _, let since): since + register.sendingTime(offer)
    case .closing(let since): since + TimeAmount(register.limits.lingering)
    case .answering, .streaming, .closed: nil
    }
  }

  /// How it ranks where one has to make room for another, the lowest first: those without a whole request by how long
  /// they have been so, then those that don't read. `nil`: not at all.
  var rank: (Int, NIODeadline)? {
    switch phase {
    case .idle(let since), .receiving(_, let since): (0, since)
    case .sending(_, _, let since), .closing(let since): (1, since)
    case .answering, .streaming, .closed: nil
    }
  }

  /// The server stops: pending requests have been answered, and a connection that hasn't asked anything yet may
  /// still do so.
  func stop() {
    switch phase {
    case .streaming: endStream()
    case .idle where intake.begunAt == nil && hasAsked: close()
    case .idle, .receiving, .answering, .sending, .closing, .closed: break
    }
  }
}
