import NIOCore
import NIOHTTP1

/// Sees the bytes of a connection before they are parsed, and the parts after: bounds a request's head, and knows
/// since when one is under way. One object a connection, shared by its two ends.
final class RequestMeter {
  private let headLimit: Int
  /// When the first byte of the request that isn't complete yet came.
  private(set) var begunAt: NIODeadline?
  private var headBytes = 0
  private var isInHead = true

  /// `headLimit`: in bytes.
  init(headLimit: Int) {
    self.headLimit = headLimit
  }

  /// For the end before the parser.
  final class Bytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let meter: RequestMeter

    init(_ meter: RequestMeter) {
      self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let count = Self.unwrapInboundIn(data).readableBytes
      if meter.begunAt == nil { meter.begunAt = .now() }
      if meter.isInHead { meter.headBytes += count }
      context.fireChannelRead(data)
      if meter.isInHead, meter.headBytes > meter.headLimit {
        context.fireErrorCaught(HTTPParserError.headerOverflow)
      }
    }
  }

  /// For the end after the parser.
  final class Parts: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    private let meter: RequestMeter

    init(_ meter: RequestMeter) {
      self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch Self.unwrapInboundIn(data) {
      case .head: (meter.isInHead, meter.headBytes) = (false, 0)
      case .body: break
      case .end: (meter.isInHead, meter.begunAt) = (true, nil)
      }
      context.fireChannelRead(data)
    }
  }

  /// The connection has time for the rest of a request again.
  func restart(_ now: NIODeadline) {
    if begunAt != nil { begunAt = now }
  }
}
