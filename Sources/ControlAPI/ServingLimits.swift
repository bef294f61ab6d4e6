/// What callers may cost: each has its limit.
package struct ServingLimits: Sendable {
  /// A request's target and header fields together, in bytes.
  package var head = 16 << 10
  /// A request's body, in bytes.
  package var body = 128 << 10
  /// Connections at once; whatever this says, no more than a quarter of the process's descriptors. One user may have
  /// half.
  package var connections = 4096
  /// A connection that asks for nothing is closed after this.
  package var idle = Duration.seconds(60)
  /// For a request to arrive, from its first byte on.
  package var receiving = Duration.seconds(10)
  /// For an answer to be read.
  package var sending = Duration.seconds(10)
  /// How often these times are looked at.
  package var review = Duration.seconds(1)
  /// Events or not, subscribers hear something this often.
  package var heartbeat = Duration.seconds(15)

  package init() {}
}
