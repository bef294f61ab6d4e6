import NIOCore
import NIOHTTP1

/// Knows since when a request is under way: sees a connection's bytes before they are parsed, and the parts after.
/// One object a connection, shared by its two ends.
final class RequestMeter {
  /// When the first byte of the request that isn't complete yet came.
  private(set) var begunAt: NIODeadline?
  /// What has come of it, in bytes as they are on the wire.
  private var bytes = 0
  private let limit: Int

  /// The parser counts neither the white space in a head nor trailers, so everything is bounded here as well. Of a
  /// body that comes in the smallest chunks six bytes in seven are none of it.
  init(_ limits: ServingLimits) {
    limit = 2 * limits.head + 8 * limits.body
  }

  /// For the end before the parser.
  final class Bytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let meter: RequestMeter

    init(_ meter: RequestMeter) {
      self.meter = meter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if meter.begunAt == nil { meter.begunAt = .now() }
      meter.bytes += Self.unwrapInboundIn(data).readableBytes
      guard meter.bytes <= meter.limit else { return context.close(promise: nil) }
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
      if case .end = Self.unwrapInboundIn(data) {
        meter.begunAt = nil
        meter.bytes = 0
      }
      context.fireChannelRead(data)
    }
  }

  /// The connection has time for the rest of a request again.
  func restart(_ now: NIODeadline) {
    if begunAt != nil { begunAt = now }
  }
}
