/// What the serving thread has to tell; the service logs it. `leftOut`: how many of the kind weren't reported
/// since the last one. Unit and program are looked up while the reader is still there; both may be unknown.
enum ServingReport: Equatable, Sendable {
  /// A reader was turned away by the access list.
  case denied(profile: String, peer: Peer, unit: String?, program: String?, leftOut: Int)
  /// A reader got a header (`audit = "all"`).
  case served(profile: String, peer: Peer, unit: String?, program: String?)
  /// A connection was closed since this process has no descriptor left (EMFILE, ENFILE).
  case outOfDescriptors(errno: Int32, leftOut: Int)
  /// A reader was closed since too many wait already.
  case tooManyWaiting(profile: String, limit: Int, leftOut: Int)
}
