import NIOCore
import NIOHTTP1

/// Knows since when a request is under way: sees a connection's bytes before they are parsed, and the parts after.
/// One object a connection, shared by its two ends.
final class RequestMeter {
  /// When the first byte of the request that isn't complete yet came.
  private(set) var begunAt: NIODeadline?

  /// For the end before the parser.
  final class Bytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let meter: RequestMeter

    init(_ meter: RequestMeter) {
      self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if meter.begunAt == nil { meter.begunAt = .now() }
      context.fireChannelRead(data)
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
      if case .end = Self.unwrapInboundIn(data) { meter.begunAt = nil }
      context.fireChannelRead(data)
    }
  }

  /// The connection has time for the rest of a request again.
  func restart(_ now: NIODeadline) {
    if begunAt != nil { begunAt = now }
  }
}
