/// Who may read a profile. No list: whoever may open the socket.
package struct AccessList: Equatable, Sendable {
  package var users: Set<UInt32> = []
  package var groups: Set<UInt32> = []
  /// Names or globs of systemd units.
  package var units: [String] = []

  /// A list names a user or group that doesn't exist yet: it matches nobody, but it is a list all the same.
  package var hasUnresolvedNames = false

  package init() {}

  package var isEmpty: Bool {
    users.isEmpty && groups.isEmpty && units.isEmpty && !hasUnresolvedNames
  }
}
