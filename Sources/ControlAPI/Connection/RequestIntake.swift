import NIOCore

/// Stands before the parser and lets it see the bytes of one request at a time, in small pieces: what a caller sends
/// ahead stays as it came, counted and within the memory that all connections share.
final class RequestIntake: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    /// Bytes go to the parser.
    case open
    /// A request is being answered.
    case paused
    /// Nothing that still comes is looked at.
    case discarding
  }

  /// The parser makes many times their size of the shortest requests, and takes no part of a piece.
  private static let piece = 512
  /// After this many pieces other connections have their turn.
  private static let piecesPerTurn = 32

  private let register: ConnectionRegister
  private let user: UInt32
  private let receivingTime: TimeAmount
  private var context: ChannelHandlerContext?
  private var state = State.open
  private var held = ByteBuffer()
  /// Bytes of the shared memory that this connection has taken.
  private var taken = 0
  /// What the parser has seen of the present request.
  private var seen = 0
  private var isPumping = false
  private var isInputClosed = false
  /// When the first byte of the request came that isn't complete yet.
  private(set) var begunAt: NIODeadline?

  init(_ register: ConnectionRegister, user: UInt32, receiving: TimeAmount) {
    self.register = register
    self.user = user
    receivingTime = receiving
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    release()
  }

  func channelInactive(context: ChannelHandlerContext) {
    release()
    context.fireChannelInactive()
  }

  private func release() {
    discard()
    register.giveBackMemory(taken, user)
    taken = 0
    seen = 0
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = Self.unwrapInboundIn(data)
    guard state != .discarding else { return }
    guard register.takeMemory(buffer.readableBytes, user) else {
      return context.fireUserInboundEventTriggered(IntakeEvent.outOfMemory)
    }
    taken += buffer.readableBytes
    held.writeBuffer(&buffer)
    pump()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // What came before the end goes first.
    if case ChannelEvent.inputClosed = event, held.readableBytes > 0, state != .discarding {
      isInputClosed = true
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// A whole request has come; the next one waits for its answer.
  func pause() {
    if state == .open { state = .paused }
    begunAt = nil
  }

  /// The request has been answered; ``pump()`` lets the next one in.
  func requestEnded() {
    register.giveBackMemory(seen, user)
    taken -= seen
    seen = 0
    begunAt = nil
    if state == .paused { state = .open }
  }

  /// Nothing that has come or will come is looked at any more.
  func discard() {
    state = .discarding
    begunAt = nil
    held = ByteBuffer()
  }

  /// Sends a whole response past the encoder, for which there is no request that it could answer; then closes.
  func sendLast(_ bytes: [UInt8]) {
    discard()
    guard let context else { return }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(
      Self.wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: written)
  }

  /// Hands pieces to the parser until a request is whole.
  func pump() {
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    for _ in 0..<Self.piecesPerTurn {
      guard state == .open, let context else { return }
      guard let piece = held.readSlice(length: min(Self.piece, held.readableBytes)), piece.readableBytes > 0
      else {
        held = ByteBuffer()
        return announceEnd(context)
      }
      seen += piece.readableBytes
      guard seen <= limit else { return context.close(promise: nil) }
      if begunAt == nil {
        begunAt = .now()
        register.note(.now() + receivingTime)
      }
      context.fireChannelRead(Self.wrapInboundOut(piece))
    }
    context?.eventLoop.assumeIsolated().execute { [self] in pump() }
  }

  private func announceEnd(_ context: ChannelHandlerContext) {
    guard isInputClosed else { return }
    isInputClosed = false
    context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  /// The parser counts neither the white space in a head nor trailers, so everything is bounded here as well. With
  /// chunks of one byte, six of every seven bytes are framing.
  private var limit: Int { 2 * register.limits.head + 8 * register.limits.reportBody }
}

/// What ``RequestIntake`` tells the connection.
enum IntakeEvent {
  /// The memory that all connections share, or this user's half of it, is taken.
  case outOfMemory
}
