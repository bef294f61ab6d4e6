package import LinuxSystem
package import TokenCore

/// Serves what the daemon knows and can do, over HTTP. The daemon calls it; it asks back through
/// ``ControlService``. It must never block on the daemon.
package protocol ControlServer: Sendable {
  /// Begins its work; called once, before anything else.
  func start(_ service: ControlService, _ budget: DescriptorBudget)

  /// From now on so many descriptors are for its callers.
  func share(_ budget: DescriptorBudget)

  /// Serves those who connect, until ``stopListening(at:)``. `place`: the path or the TCP address.
  ///
  /// - Throws: if the kernel has nothing left for it.
  func listen(
    on descriptor: consuming OwnedFD, at place: String, offering: ControlOffer
  ) throws(SystemError)

  /// Takes no connections there any more; those that there are stay.
  func stopListening(at place: String)

  /// What has happened since the last call, in order.
  func post(_ postings: [ControlPosting])

  /// Calls `answer` when its loop comes round. It must not block.
  func probe(_ answer: @escaping @Sendable () -> Void)

  /// Calls `answer` when all that it was told before is so: listeners are open, or closed. It must not block.
  func confirm(_ answer: @escaping @Sendable () -> Void)

  /// Closes everything and returns when it is done, in half a second at most.
  func shutDown()
}

/// What a listener's callers may ask for.
package enum ControlOffer: Sendable {
  /// Everything.
  case everything
  /// Metrics and health: no profile's header, no effect on anything.
  case monitoring
}
