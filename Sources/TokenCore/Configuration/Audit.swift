/// Which readers are recorded.
package enum Audit: String, Equatable, Sendable, CaseIterable {
  case none, denied, all
}
