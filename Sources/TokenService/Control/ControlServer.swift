package import LinuxSystem

/// Serves what the daemon knows and can do, over HTTP. The daemon calls it; it asks back through
/// ``ControlService``. It must never block on the daemon.
package protocol ControlServer: Sendable {
  /// Begins its work; called once, before anything else.
  func start(_ service: ControlService)

  /// Serves whoever connects, until ``stopListening(at:)``. `place`: the path or the TCP address.
  ///
  /// - Throws: where the kernel has nothing left for it.
  func listen(
    on descriptor: consuming OwnedFD, at place: String, offering: ControlOffer
  ) throws(SystemError)

  /// Takes no connections there any more; those that there are stay.
  func stopListening(at place: String)

  /// What there is from now on, in order of names; a profile that isn't in it is gone.
  func post(_ states: [ProfileState])

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
