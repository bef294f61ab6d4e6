import TokenCore

/// What callers may cost: each thing that they control has its limit.
package struct ServingLimits: Sendable {
  /// A request's target and header fields together, in bytes.
  package var head = 16 << 10
  /// The body of a report, without the header's prefix, in bytes.
  package var reportBody = 64 << 10
  /// The body of any other POST, which is read and ignored, in bytes.
  package var ignoredBody = 1 << 10
  /// What all connections together may hold of unfinished requests and unread answers, in bytes. One user may have
  /// half.
  package var memory = 32 << 20
  /// Connections to the socket at once; one user may have half. The budget of descriptors may set less.
  package var connections = 4096
  /// Connections to `metrics_listen` at once.
  package var metricsConnections = 32
  /// A connection that asks for nothing is closed after this.
  package var idle = Duration.seconds(60)
  /// For a request to arrive, from its first byte on.
  package var receiving = Duration.seconds(10)
  /// For an answer to be read.
  package var sending = Duration.seconds(10)
  /// For a request over TCP to arrive, and for its answer to be read.
  package var metricsRequest = Duration.seconds(5)
  /// For a caller to take the last answer and to close; what it still sends is thrown away.
  package var lingering = Duration.seconds(1)
  /// These times are looked at no oftener than this.
  package var review = Duration.seconds(1)
  /// Subscribers hear something this often, events or not.
  package var heartbeat = Duration.seconds(15)

  package init() {}

  /// The same within what there are of descriptors.
  func within(_ budget: DescriptorBudget) -> ServingLimits {
    var limits = self
    limits.connections = min(connections, budget.connections)
    limits.metricsConnections = min(metricsConnections, budget.metricsConnections)
    return limits
  }
}
