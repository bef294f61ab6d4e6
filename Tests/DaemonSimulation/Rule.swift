/// What a daemon may never do, as the checker tells it.
package enum Rule: String, Sendable, CaseIterable {
  case expired = "never an expired token"
  case whole = "whole or nothing, of the right profile"
  case secret = "never the secret"
  case pacing = "asked no oftener than the policy allows"
  case recovery = "a header is back within the bound"
  case dropped = "a good token is never dropped"
  case waiting = "who waits is answered in time"
  case harm = "what is stuck harms only itself"
  case growth = "nothing grows"
  case outlets = "outlets are as they should be"
  case manager = "what systemd is told is so"
  case reload = "a reload applies wholly or not at all"
}

/// A rule that was broken, and how.
package struct Violation: Sendable {
  package let rule: Rule
  package let text: String

  init(_ rule: Rule, _ text: String) {
    self.rule = rule
    self.text = text
  }
}
