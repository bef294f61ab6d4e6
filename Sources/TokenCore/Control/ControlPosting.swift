/// What the daemon tells the HTTP server, in the order in which it happened.
package enum ControlPosting: Equatable, Sendable {
  /// The profile is new, or has changed.
  case changed(ProfileState)
  /// The profile is gone. Demands of it were answered before.
  case removed(String)
  /// These demands have ended, and this is the profile's state now; no `changed` comes for it besides. `nil`: there
  /// is no such profile.
  case answered([DemandID], RefreshOutcome, ProfileState?)
}
