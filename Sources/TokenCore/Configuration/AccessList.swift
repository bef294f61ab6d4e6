/// Who may read a profile. No list: whoever may open the socket.
package struct AccessList: Equatable, Sendable {
  package var users: Set<UInt32> = []
  package var groups: Set<UInt32> = []
  /// Names or globs of systemd units.
  package var units: [String] = []

  package init() {}

  package var isEmpty: Bool { users.isEmpty && groups.isEmpty && units.isEmpty }
}
