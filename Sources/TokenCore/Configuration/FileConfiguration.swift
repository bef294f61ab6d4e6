/// `[[profiles.NAME.files]]`.
package struct FileConfiguration: Equatable, Sendable {
  package enum Format: String, Equatable, Sendable, CaseIterable {
    case header, token, curl, env, json, template
  }

  /// Absolute.
  package var path: String
  package var format = Format.header
  /// For ``Format/template``, and for no other.
  package var template: HeaderTemplate?
  /// Octal permission bits.
  package var mode: UInt32 = 0o640
  /// `nil`: the service's own.
  package var group: Group?

  package init(path: String) {
    self.path = path
  }
}
