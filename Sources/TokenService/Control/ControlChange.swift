import LinuxSystem
import TokenCore

/// Gives a new configuration its HTTP socket and its TCP listener: both, or none.
struct ControlChange {
  let server: any ControlServer
  let current: ControlListener?
  let currentMetrics: String?
  let wanted: APIConfiguration
  /// Opened by ``perform()``, and served already.
  private(set) var listener: ControlListener?
  private(set) var metrics: String?
  private var ownershipBefore: Ownership?

  init(
    from current: ControlListener?, metrics: String?, to wanted: APIConfiguration,
    server: any ControlServer
  ) {
    self.server = server
    self.current = current
    currentMetrics = metrics
    self.wanted = wanted
  }

  /// Opens what is missing and gives a socket that stays its owner and mode. Where one step fails, all before it
  /// are undone.
  mutating func perform() throws(SystemError) {
    do throws(SystemError) {
      if let path = wanted.socketPath {
        if path != current?.socket.path {
          listener = ControlListener(
            try ListeningSocket(path: path, ownership: wanted.ownership), isActivated: false,
            ownership: wanted.ownership)
          try listener?.serve(by: server)
        } else if let current, current.ownership != wanted.ownership, !current.isActivated {
          ownershipBefore = current.ownership
          try current.socket.apply(wanted.ownership)
        }
      }
      if let address = wanted.metricsListen, address != currentMetrics {
        try server.listen(on: LoopbackListener.open(address), at: address, offering: .monitoring)
        metrics = address
      }
    } catch {
      undo()
      throw error
    }
  }

  func undo() {
    if let metrics { server.stopListening(at: metrics) }
    if let ownershipBefore { try? current?.socket.apply(ownershipBefore) }
    guard let listener else { return }
    server.stopListening(at: listener.socket.path)
    listener.socket.removePath()
  }
}

extension ControlListener {
  func serve(by server: any ControlServer) throws(SystemError) {
    try server.listen(on: socket.descriptor.duplicate(), at: socket.path, offering: .everything)
  }
}

extension APIConfiguration {
  var ownership: Ownership { Ownership(mode: mode, group: group?.id) }
}
