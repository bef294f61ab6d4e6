/// Permission bits (octal, as for chmod(2)) and group of something that readers open.
package struct Ownership: Equatable, Sendable {
  package let mode: UInt32
  /// `nil`: the process's own.
  package let group: UInt32?

  package init(mode: UInt32, group: UInt32?) {
    self.mode = mode
    self.group = group
  }
}
