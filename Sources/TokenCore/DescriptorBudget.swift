/// How the descriptors of this process are shared out. Each share has its own limit, and together with the reserve
/// they are never more than there are: readers can't take what refreshes, files and the log need.
package struct DescriptorBudget: Equatable, Sendable {
  /// Whatever the process may have, no share is larger than this.
  private static let most = (waiting: 16_384, connections: 4096, metrics: 32, reserve: 1024)

  /// For exchanges, files, the log, systemd, and connections that are turned away.
  package let reserve: Int
  /// Readers of token sockets that can't be answered at once; each costs one descriptor.
  package let waitingReaders: Int
  /// Connections to the HTTP socket; each costs two, for the connection and for the process behind it.
  package let connections: Int
  /// Connections to `metrics_listen`; each costs one.
  package let metricsConnections: Int
  /// Replaced header files that are kept open to be emptied at their token's end.
  package let replacedFiles: Int

  /// `limit`: descriptors that this process may have (RLIMIT_NOFILE, getrlimit(2)). `profiles`: each has a
  /// listening socket.
  package init(limit: Int, profiles: Int) {
    let limit = min(max(0, limit), 1 << 24)
    reserve = min(limit / 4, Self.most.reserve)
    let shared = max(0, limit - reserve - max(0, min(profiles, limit)))
    metricsConnections = max(1, min(Self.most.metrics, shared / 16))
    replacedFiles = shared / 10
    waitingReaders = max(2, min(Self.most.waiting, shared * 3 / 8))
    connections = max(2, min(Self.most.connections, shared * 3 / 8 / 2))
  }

  /// Demands that wait at once: fewer than connections, so that a caller is told what there are too many of.
  package var demands: Int { max(2, connections / 2) }
}
